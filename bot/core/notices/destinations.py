"""Where to send notices: to the chats of a person, else by mail, and to the channels of a school."""

from collections.abc import Sequence

from bot.core.notices import mail_addresses
from bot.core.notices.mail_addresses import PERSON
from bot.core.notices.notices import Audience, Destination, Notice, tell, tell_if_new
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Caller, Platform
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import BY_NAME

# The most admins who are told directly if a school has no approvals channel.
MOST_TOLD = 10
# The issuers whose accounts can get direct messages; accounts of others can only sign in.
CHATS = frozenset({Platform.DISCORD.value, Platform.SLACK.value, Platform.WEB.value})


def tell_account(
    uow: UnitOfWork,
    subject: str,
    audience: Audience,
    account: AccountKey,
    school_id: str | None = None,
) -> None:
    """Queue a card for the owner of an account, in its chat, else wherever else they can be reached."""
    if (to := of_account(uow, account)) is not None:
        tell(uow, subject, audience, to, school_id)


def of_account(uow: UnitOfWork, account: AccountKey) -> Destination | None:
    """Return where to reach the owner of an account: its chat, else another place of theirs, else None."""
    if (to := chat(account)) is not None:
        return to
    person = uow.people.by_account(account)
    return next(iter(of_people(uow, [person.id])), None) if person is not None else None


def keep_proved_address(uow: UnitOfWork, caller: Caller, person_id: str) -> None:
    """Store the e-mail address that a person proved by signing in, if there is no other way to reach them.

    It is only used to write to them: nobody is found, recognized or invited by it.
    """
    if not caller.verified_email or chats(uow, person_id):
        return
    if not uow.people.details(person_id).email:
        uow.accounts.save_proved_email(caller.account, caller.verified_email, uow.now)


def chat(account: AccountKey) -> Destination | None:
    """Return the direct messages of an account; None if it can only sign in."""
    return Destination.direct(account) if account.issuer in CHATS else None


def chats(uow: UnitOfWork, person_id: str) -> list[Destination]:
    """Return the direct messages of all of a person's accounts that can get them, oldest account first."""
    return [to for _, to in _chats(uow, [person_id])]


def _chats(uow: UnitOfWork, person_ids: Sequence[str]) -> list[tuple[str, Destination]]:
    found = uow.people.accounts(person_ids)
    return [(person_id, Destination.direct(key)) for person_id, key in found if key.issuer in CHATS]


def of_people(uow: UnitOfWork, person_ids: Sequence[str]) -> list[Destination]:
    """Return where to reach people: all chats of each, or the mailbox of those who have an address only."""
    found = _chats(uow, person_ids)
    in_chat = {person_id for person_id, _ in found}
    mail_only = [one for one in person_ids if one not in in_chat and mail_addresses.of_person(uow, one)]
    return [*(to for _, to in found), *(mailbox(one) for one in mail_only)]


def mail_only_address(uow: UnitOfWork, person_id: str) -> str:
    """Return the e-mail address of a person who can only be reached by mail; empty for anybody else."""
    return "" if chats(uow, person_id) else mail_addresses.of_person(uow, person_id)


def tell_elsewhere(uow: UnitOfWork, refused: Notice) -> None:
    """Queue a notice that a chat refused for another chat of the person, or finally for their mailbox."""
    to = refused.to
    person = uow.people.by_account(AccountKey(to.platform, to.account)) if to.account else None
    if person is None:
        return
    has_mail = bool(mail_addresses.of_person(uow, person.id))
    for way in [*chats(uow, person.id), *([mailbox(person.id)] if has_mail else [])]:
        if way != to and tell_if_new(uow, refused.subject, refused.audience, way):
            return


def of_holders(
    uow: UnitOfWork, school_id: str, permission: Permission, most: int, *, excluding: str = ""
) -> list[Destination]:
    """Return where to reach the people who have a permission in a school, or if none has, over it.

    At most `most` people are told, and of those over the school never the person `excluding`.
    """
    inside = [person.id for person in uow.members.with_permission(school_id, permission, most)]
    return of_people(uow, inside or _holders_above(uow, school_id, permission, excluding)[:most])


def _holders_above(uow: UnitOfWork, school_id: str, permission: Permission, excluding: str) -> list[str]:
    """Return the ids of the people with a permission over a school: in its district, else in the system."""
    school = uow.schools.by_id(school_id)
    scopes = [school.district_id, None] if school is not None and school.district_id else [None]
    for scope in scopes:
        holders = [one.person.id for one in uow.districts.roles(scope) if _holds(one.role, permission)]
        holders += [] if scope else sorted(access.named_administrators(uow))
        if found := [one for one in dict.fromkeys(holders) if one != excluding]:
            return found
    return []


def _holds(role: str, permission: Permission) -> bool:
    return role in BY_NAME and permission in BY_NAME[role].holds


def admins(uow: UnitOfWork, school_id: str, permission: Permission) -> list[Destination]:
    """Return a school's approvals channels; if it has none, where to reach those who have a permission."""
    return channels(uow, school_id) or of_holders(uow, school_id, permission, MOST_TOLD)


def channels(uow: UnitOfWork, school_id: str) -> list[Destination]:
    """Return a school's approvals channels."""
    found = uow.workspaces.approvals_channels(school_id)
    return [Destination.in_channel(one.workspace, one.channel) for one in found]


def serves(uow: UnitOfWork, school_id: str, to: Destination) -> bool:
    """Return whether a channel is in a workspace that serves a school."""
    places = [one.key for one in uow.workspaces.of_school(school_id)]
    return any(to.platform is one.platform and to.workspace == one.external_id for one in places)


def has_no_channel_left(uow: UnitOfWork, school_id: str, place: Destination) -> bool:
    """Return whether a channel no longer serves its school, and the school has no other approvals channel."""
    withheld = place.channel is not None and not serves(uow, school_id, place)
    return withheld and not channels(uow, school_id)


def mailbox(person_id: str) -> Destination:
    """Return the mailbox of a person as a destination."""
    return Destination.direct(mailbox_key(person_id))


def mailbox_key(person_id: str) -> AccountKey:
    """Return the key of a person's mailbox, in the form in which notices name accounts."""
    return AccountKey(Platform.EMAIL, f"{PERSON}:{person_id}")
