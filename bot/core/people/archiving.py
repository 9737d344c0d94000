"""Archiving and restoring a member, with a choice of their standing afterwards, and of a suspension."""

from bot.core.errors import BadValue
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests, reopening
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """The standing to give a member, and whether to suspend them; None leaves either as it is."""

    standing: Standing | None = None
    suspended: bool | None = None


def archive(uow: UnitOfWork, actor: Actor, school: School, person_id: str, choice: Choice) -> int:
    """Archive a member; return how many invitations of theirs were ended.

    Their standing is changed first, since a request of an archived member cannot be approved.
    """
    uow.schools.lock(school.id)
    _change_standing(uow, actor, school, person_id, choice.standing)
    ended = _set_suspended(uow, actor, school, person_id, choice.suspended)
    return ended + lifecycle.change(uow, actor, school, person_id, Verb.ARCHIVE)


def restore(uow: UnitOfWork, actor: Actor, school: School, person_id: str, choice: Choice) -> None:
    """Restore an archived member; a suspension comes first, so that they never have access in between."""
    uow.schools.lock(school.id)
    _set_suspended(uow, actor, school, person_id, choice.suspended)
    lifecycle.change(uow, actor, school, person_id, Verb.RESTORE)
    _change_standing(uow, actor, school, person_id, choice.standing)


def _set_suspended(uow: UnitOfWork, actor: Actor, school: School, person_id: str, wanted: bool | None) -> int:
    membership = uow.members.of(school.id, person_id)
    is_suspended = membership is not None and membership.access is Access.SUSPENDED
    if membership is None or wanted is None or wanted is is_suspended:
        return 0
    return lifecycle.change(uow, actor, school, person_id, Verb.SUSPEND if wanted else Verb.REINSTATE)


def _change_standing(
    uow: UnitOfWork, actor: Actor, school: School, person_id: str, to: Standing | None
) -> None:
    """Change a standing by deciding the pending join request, or by filing a rejected one again."""
    membership = uow.members.of(school.id, person_id)
    if membership is None or to is None or membership.standing is to:
        return
    if membership.standing is Standing.ACTIVE:
        raise BadValue("standing", "stays active: they were let in. To keep them out, suspend or remove them")
    waiting = uow.join_requests.pending_of(school.id, person_id)
    last = uow.join_requests.last_of(school.id, person_id)
    if waiting is None and membership.standing is Standing.REJECTED and last is not None:
        waiting = reopening.file_again(uow, actor, last, school)
    if waiting is None:
        raise BadValue("standing", "stays pending until they answer their invitation")
    if to is Standing.ACTIVE:
        join_requests.approve(uow, actor, waiting, school, None)
    elif to is Standing.REJECTED:
        join_requests.reject(uow, actor, waiting, school, "")
    else:
        reopening.announce(uow, actor, waiting, school)
