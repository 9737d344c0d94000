"""Who may still be told what admins are told of people: asked when it goes out, which may be days later."""

from bot.core import access, bans, destinations, digest_ports, invitations, join_requests
from bot.core.actors import AccountKey, Platform
from bot.core.following_ports import FOLLOWED
from bot.core.mail_addresses import PERSON
from bot.core.notices import Audience, Destination, Notice
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.tenants import is_a_schools, school_of

_DECIDING = frozenset({Permission.REQUEST_READ, Permission.REQUEST_DECIDE})
_TO_ADMINS = {
    **{
        (kind, audience): _DECIDING
        for kind in (join_requests.KIND, digest_ports.KIND)
        for audience in (Audience.APPROVER, Audience.REMINDER, Audience.SNOOZED, Audience.ESCALATION)
    },
    (bans.KIND, Audience.ADMIN): frozenset({Permission.MEMBER_SUSPEND}),
    (FOLLOWED, Audience.ADMIN): frozenset({Permission.ROLE_MANAGE}),
}
# Who waits, and whose roles differ.
_LISTS = {digest_ports.KIND, FOLLOWED}


def may_be_told(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether whom a card is for has the right to it now, as a new one or in place of an older one.

    What is about somebody themselves takes no right. What stands in a channel stays true there while its
    workspace serves the school; but lists of people grow, and are drawn anew only where a school's requests
    still arrive.
    """
    kind = notice.subject.partition(":")[0]
    if notice.to.account is None:
        return not is_a_schools(notice.subject) or _belongs_there(uow, notice, grows=kind in _LISTS)
    needed = _TO_ADMINS.get((kind, notice.audience))
    if needed is None:
        return True
    school = uow.schools.by_id(school_of(uow, notice.subject) or "")
    if school is None:
        return False
    person_id = _whose(uow, notice.to)
    return person_id is not None and bool(needed & access.rights_of_person(uow, person_id, school).holds)


def _belongs_there(uow: UnitOfWork, notice: Notice, *, grows: bool) -> bool:
    school_id = school_of(uow, notice.subject)
    if school_id is None or not destinations.serves(uow, school_id, notice.to):
        return False
    return not grows or notice.copy_id is None or notice.to in destinations.channels(uow, school_id)


def is_somebodys(uow: UnitOfWork, subject: str, to: Destination) -> bool:
    """Tell whether a chat that was written to is somebody's still: of the erased no account is remembered.

    Of an account that nobody has, an invitation may know.
    """
    if to.account is None or to.platform is Platform.EMAIL:
        return True
    account = AccountKey(to.platform.value, to.account)
    kind, _, of = subject.partition(":")
    invitation = uow.invitations.by_id(of) if kind == invitations.KIND else None
    named = invitation is not None and invitation.to is not None and invitation.to.account == account
    return named or uow.people.by_account(account) is not None


def _whose(uow: UnitOfWork, to: Destination) -> str | None:
    """Find whom a direct message or a mail is for."""
    account = to.account or ""
    if to.platform is Platform.EMAIL:
        kind, _, person_id = account.partition(":")
        person = uow.accounts.current(person_id) if kind == PERSON else None
    else:
        person = uow.people.by_account(AccountKey(to.platform.value, account))
    return person.id if person else None
