"""Who may still see a card: checked when it is delivered, which may be days after it was queued."""

from bot.core.following.ports import FOLLOWER
from bot.core.invitations import invitations, unreached
from bot.core.messages import broadcasts
from bot.core.notices import destinations
from bot.core.notices.mail_addresses import PERSON
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.tenants import belongs_to_school, school_of
from bot.core.ports import UnitOfWork
from bot.core.requests import digest_ports, join_requests
from bot.core.rights import access, acting
from bot.core.rights.actors import AccountKey, Platform
from bot.core.rights.permissions import Permission
from bot.core.stored import stored_school
from bot.core.workspaces import bans

_DECIDING = frozenset({Permission.REQUEST_READ, Permission.REQUEST_DECIDE})
_TO_ADMINS = {
    **{
        (kind, audience): _DECIDING
        for kind in (join_requests.KIND, digest_ports.KIND)
        for audience in (Audience.APPROVER, Audience.REMINDER, Audience.SNOOZED, Audience.ESCALATION)
    },
    (bans.KIND, Audience.ADMIN): frozenset({Permission.MEMBER_SUSPEND}),
    (unreached.KIND, Audience.INVITER): frozenset({Permission.INVITATION_CREATE, Permission.INVITATION_READ}),
    (FOLLOWER, Audience.ADMIN): frozenset({Permission.ROLE_MANAGE}),
}
# Kinds of cards that list people: who waits for approval, and who has a native thing wrongly.
_LISTS = {digest_ports.KIND, FOLLOWER}


def may_be_told(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether the recipient of a card may see it now, whether it is a new one or a redrawn copy.

    Cards about the recipient need no permission. A card in a channel may be sent and redrawn while the
    channel's workspace is linked to the school. But lists of people grow, so they are redrawn only in
    channels that still are approvals channels of the school. Anybody may see an invitation that was posted.
    """
    if notice.audience is Audience.POSTED:
        return True
    kind = notice.subject.partition(":")[0]
    if notice.to.account is None:
        return not belongs_to_school(notice.subject) or _belongs_there(uow, notice, grows=kind in _LISTS)
    if kind == broadcasts.KIND:
        return _may_read_broadcast(uow, notice)
    needed = _TO_ADMINS.get((kind, notice.audience))
    if needed is None:
        return True
    school = uow.schools.by_id(school_of(uow, notice.subject) or "")
    if school is None:
        return False
    person_id = _whose(uow, notice.to)
    return person_id is not None and bool(needed & access.rights_of_person(uow, person_id, school).holds)


def _may_read_broadcast(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether a person may see the card of a broadcast, which names those whom it did not reach."""
    broadcast = uow.broadcasts.by_id(notice.subject.partition(":")[2])
    if broadcast is None or not broadcasts.missed(uow, broadcast, 1):
        return True
    reader = acting.as_person(uow, _whose(uow, notice.to) or "", "")
    return broadcasts.may_send(uow, reader, stored_school(uow, broadcast.school_id), broadcast.district_id)


def _belongs_there(uow: UnitOfWork, notice: Notice, *, grows: bool) -> bool:
    school_id = school_of(uow, notice.subject)
    if school_id is None or not destinations.serves(uow, school_id, notice.to):
        return False
    return not grows or notice.copy_id is None or notice.to in destinations.channels(uow, school_id)


def recipient_exists(uow: UnitOfWork, subject: str, to: Destination) -> bool:
    """Tell whether the account behind a chat still belongs to a person; the accounts of erased people do not.

    An account that belongs to nobody counts if the card is about an invitation addressed to it.
    """
    if to.account is None or to.platform is Platform.EMAIL:
        return True
    account = AccountKey(to.platform.value, to.account)
    kind, _, of = subject.partition(":")
    invitation = uow.invitations.by_id(of) if kind == invitations.KIND else None
    named = invitation is not None and invitation.to is not None and invitation.to.account == account
    return named or uow.people.by_account(account) is not None


def _whose(uow: UnitOfWork, to: Destination) -> str | None:
    """Return the id of the person to whom a direct message or e-mail goes; None if there is nobody."""
    account = to.account or ""
    if to.platform is Platform.EMAIL:
        kind, _, person_id = account.partition(":")
        person = uow.accounts.current(person_id) if kind == PERSON else None
    else:
        person = uow.people.by_account(AccountKey(to.platform.value, account))
    return person.id if person else None
