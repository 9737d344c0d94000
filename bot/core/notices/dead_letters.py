"""Dead letters, the notices that were given up: whom they were for, and resending. Never their content."""

from collections import Counter
from collections.abc import Sequence

from bot.core import audit
from bot.core.errors import NotFound
from bot.core.notices.mail_addresses import INVITATION
from bot.core.notices.notices import Notice
from bot.core.notices.outbox_ports import DeadLetter
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Platform
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass

# The front of changes made on the command line.
CONSOLE = "console"
_RETRIED = "message.retried"
# The most dead letters that are sent again at once.
MOST_RETRIED = 10_000


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A dead letter with its school and the name of its recipient, which is empty if it is not known."""

    letter: DeadLetter
    recipient: str
    school: School | None


def listed(
    uow: UnitOfWork, school: School | None, *, before: str | None = None, limit: int
) -> list[Undelivered]:
    """Return the dead letters of one school, or of all, newest first."""
    found = uow.outbox.dead(school_id=school.id if school else None, before=before, limit=limit)
    return [with_names(uow, letter) for letter in found]


def with_names(uow: UnitOfWork, letter: DeadLetter) -> Undelivered:
    """Return a dead letter with the names of its recipient and school."""
    notice = letter.notice
    school = uow.schools.by_id(notice.school_id) if notice.school_id else None
    return Undelivered(letter, _recipient_name(uow, notice), school)


def _recipient_name(uow: UnitOfWork, notice: Notice) -> str:
    if notice.to.account is None:
        return ""
    if notice.to.platform is not Platform.EMAIL:
        person = uow.people.by_account(AccountKey(notice.to.platform.value, notice.to.account))
        return person.name if person else ""
    kind, _, of = notice.to.account.partition(":")
    if kind == INVITATION:
        invitation = uow.invitations.by_id(of)
        return invitation.to.name if invitation and invitation.to else ""
    person = uow.people.by_id(of)
    return person.name if person else ""


def find(uow: UnitOfWork, actor: Actor, notice_id: str) -> tuple[DeadLetter, School]:
    """Return a dead letter and its school; raise `NotFound` unless the actor may edit that school."""
    letter = uow.outbox.dead_letter(notice_id.strip().casefold())
    school = uow.schools.by_id(letter.notice.school_id or "") if letter else None
    if letter is None or school is None or not access.holds(uow, actor, Permission.SCHOOL_EDIT, school):
        raise NotFound("message")
    return letter, school


def retry(uow: UnitOfWork, actor: Actor, letter: DeadLetter, school: School | None) -> None:
    """Queue a dead letter again; this needs the right to edit its school, or, if it has none, the system."""
    permission = Permission.SCHOOL_EDIT if school else Permission.SYSTEM_MANAGE
    access.require(uow, actor, permission, school)
    if not uow.outbox.retry(letter.notice.id, uow.now):
        raise NotFound("message")
    person = members.enrol(uow, actor)
    notice = letter.notice
    new = {"message": notice.id, "to": notice.to.platform.value}
    audit.record(uow, actor, _RETRIED, notice.subject, school_id=notice.school_id, by=person.id, new=new)


def retry_by_operator(uow: UnitOfWork, letters: Sequence[DeadLetter]) -> int:
    """Queue dead letters again for the operator, with one audit entry for each school; return how many."""
    done = [one for one in letters if uow.outbox.retry(one.notice.id, uow.now)]
    for school_id, number in Counter(one.notice.school_id for one in done).items():
        subject = f"school:{school_id}" if school_id else "system"
        audit.record_without_actor(
            uow, _RETRIED, subject, front=CONSOLE, school_id=school_id, new={"messages": number}
        )
    return len(done)
