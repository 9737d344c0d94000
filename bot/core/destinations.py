"""Where a person can be told something: in a chat, else by mail, else nowhere."""

from collections.abc import Sequence

from bot.core import access, mail_addresses
from bot.core.actors import AccountKey, Caller, Platform
from bot.core.mail_addresses import PERSON
from bot.core.notices import Audience, Destination, Notice, tell
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.roles import BY_NAME

# Of a school without an approvals channel so many admins are told directly.
MOST_TOLD = 10
# Accounts of these can be written to; the others only sign in.
CHATS = frozenset({Platform.DISCORD.value, Platform.SLACK.value, Platform.WEB.value})


def tell_account(
    uow: UnitOfWork,
    subject: str,
    audience: Audience,
    account: AccountKey,
    school_id: str | None = None,
) -> None:
    """Queue a card for whoever has an account, in their chat or wherever they can be told."""
    if (to := place_of(uow, account)) is not None:
        tell(uow, subject, audience, to, school_id)


def place_of(uow: UnitOfWork, account: AccountKey) -> Destination | None:
    """Tell where whoever has an account can be told something: in its chat, or wherever they can be."""
    if (to := chat(account)) is not None:
        return to
    person = uow.people.by_account(account)
    return next(iter(places(uow, [person.id])), None) if person is not None else None


def keep_proved_address(uow: UnitOfWork, caller: Caller, person_id: str) -> None:
    """Keep the address that somebody proved as they signed in, where they can be told nowhere else.

    It is for writing to them alone: nobody is found, known or invited by it.
    """
    if not caller.verified_email or chats(uow, person_id):
        return
    if not uow.people.details(person_id).email:
        uow.accounts.prove(caller.account, caller.verified_email, uow.now)


def chat(account: AccountKey) -> Destination | None:
    """Address an account directly; None where it only signs in."""
    return Destination.direct(account) if account.issuer in CHATS else None


def chats(uow: UnitOfWork, person_id: str) -> list[Destination]:
    """List a person's accounts that can be written to, oldest first."""
    return [to for _, to in _chats(uow, [person_id])]


def _chats(uow: UnitOfWork, person_ids: Sequence[str]) -> list[tuple[str, Destination]]:
    found = uow.people.accounts(person_ids)
    return [(person_id, Destination.direct(key)) for person_id, key in found if key.issuer in CHATS]


def places(uow: UnitOfWork, person_ids: Sequence[str]) -> list[Destination]:
    """List where people can be told something: all their chats; a mail to those who have none."""
    found = _chats(uow, person_ids)
    chatting = {person_id for person_id, _ in found}
    silent = [one for one in person_ids if one not in chatting and mail_addresses.of_person(uow, one)]
    return [*(to for _, to in found), *(mailbox(one) for one in silent)]


def mail_only_address(uow: UnitOfWork, person_id: str) -> str:
    """Return the address where somebody is written to who has no chat; empty for everybody else."""
    return "" if chats(uow, person_id) else mail_addresses.of_person(uow, person_id)


def tell_elsewhere(uow: UnitOfWork, refused: Notice) -> None:
    """Tell somebody the same in their next chat, at last by mail, where a chat of theirs refuses it."""
    to = refused.to
    person = uow.people.by_account(AccountKey(to.platform, to.account)) if to.account else None
    if person is None:
        return
    has_mail = bool(mail_addresses.of_person(uow, person.id))
    ways = [*chats(uow, person.id), *([mailbox(person.id)] if has_mail else [])]
    if to in ways[:-1]:
        tell(uow, refused.subject, refused.audience, ways[ways.index(to) + 1])


def of_holders(
    uow: UnitOfWork, school_id: str, permission: Permission, most: int, *, but: str = ""
) -> list[Destination]:
    """List where those can be told something who have a permission in a school, or else over it."""
    inside = [person.id for person in uow.members.able(school_id, permission, most)]
    return places(uow, inside or _above(uow, school_id, permission, but)[:most])


def _above(uow: UnitOfWork, school_id: str, permission: Permission, but: str) -> list[str]:
    """List who has a permission over a school, by a role in its district, else in the system."""
    school = uow.schools.by_id(school_id)
    scopes = [school.district_id, None] if school is not None and school.district_id else [None]
    for scope in scopes:
        holders = [one.person.id for one in uow.districts.roles(scope) if _holds(one.role, permission)]
        holders += [] if scope else sorted(access.named_administrators(uow))
        if found := [one for one in dict.fromkeys(holders) if one != but]:
            return found
    return []


def _holds(role: str, permission: Permission) -> bool:
    return role in BY_NAME and permission in BY_NAME[role].holds


def admins(uow: UnitOfWork, school_id: str, permission: Permission) -> list[Destination]:
    """List where a school's admins are told: its approvals channels, else those who have a permission."""
    return channels(uow, school_id) or of_holders(uow, school_id, permission, MOST_TOLD)


def channels(uow: UnitOfWork, school_id: str) -> list[Destination]:
    """List a school's approvals channels."""
    found = uow.schools.approvals_channels(school_id)
    return [Destination.in_channel(one.workspace, one.channel) for one in found]


def serves(uow: UnitOfWork, school_id: str, to: Destination) -> bool:
    """Tell whether a channel is in a workspace that serves a school."""
    places = [one.key for one in uow.schools.serving(school_id)]
    return any(to.platform is one.platform and to.workspace == one.external_id for one in places)


def has_no_channel_left(uow: UnitOfWork, school_id: str, place: Destination) -> bool:
    """Tell whether what was for a channel whose workspace serves the school no more has no other channel."""
    withheld = place.channel is not None and not serves(uow, school_id, place)
    return withheld and not channels(uow, school_id)


def mailbox(person_id: str) -> Destination:
    """Address a mail to a person."""
    return Destination.direct(mailbox_key(person_id))


def mailbox_key(person_id: str) -> AccountKey:
    """Name a person's mailbox as notices name an account."""
    return AccountKey(Platform.EMAIL, f"{PERSON}:{person_id}")
