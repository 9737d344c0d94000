"""What was decided here of a request that its platform has, too, is told there."""

from typing import TYPE_CHECKING

from bot.core.actors import WorkspaceKey
from bot.core.mirror_ports import Fate, Mirror, Mirrored
from bot.core.notices import Audience, Loss, Notice, queue_work, redraw_copies
from bot.core.ports import UnitOfWork
from bot.core.schools import is_linked
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.core.join_requests import JoinRequest

_REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform is to be told of one of its requests: to let somebody in, or why not."""

    to: Mirrored
    lets_in: bool
    reason: str = ""


def decided(uow: UnitOfWork, request: "JoinRequest") -> None:
    """Let the platform know that a request was decided which it has, too."""
    for one in uow.mirrors.of_request(request.id):
        if one.fate is Fate.WAITING:
            ask(uow, one, request.school_id)


def ask(uow: UnitOfWork, mirrored: Mirrored, school_id: str) -> None:
    """Queue an answer, unless one waits; what it says is read when it is told."""
    queue(uow, mirrored.subject, Audience.ANSWER, mirrored.workspace, school_id)


def queue(uow: UnitOfWork, subject: str, audience: Audience, workspace: WorkspaceKey, school_id: str) -> None:
    """Queue work at a platform, once."""
    if not uow.outbox.places(subject, audience):
        queue_work(uow, "requests", subject, audience, workspace, school_id)


def about(uow: UnitOfWork, notice: Notice) -> Mirrored | None:
    """Find the request that a notice is about."""
    of = notice.subject.partition(":")[2]
    return uow.mirrors.one(WorkspaceKey.at(of), of.rpartition("/")[2])


def decides(uow: UnitOfWork, mirror: Mirror) -> bool:
    """Tell whether the school of a mirror is still served there."""
    return is_linked(uow, mirror.workspace, mirror.school_id)


def answer(uow: UnitOfWork, mirrored: Mirrored) -> Answer | None:
    """Say what the platform is to be told as things stand; None where there is nothing to tell.

    Whoever is a member by now is let in, however they became one; of those who took their request back or
    were not answered, nothing is said there.
    """
    mirror = uow.mirrors.of(mirrored.workspace)
    if mirror is None or mirrored.fate is not Fate.WAITING or not decides(uow, mirror):
        return None
    if mirrored.request_id is None:
        return Answer(mirrored, lets_in=True)
    request = uow.join_requests.by_id(mirrored.request_id)
    if request is None or request.school_id != mirror.school_id:
        return None
    membership = uow.members.of(request.school_id, request.person_id)
    if membership is not None and membership.active:
        return Answer(mirrored, lets_in=True)
    return Answer(mirrored, False, request.reason) if request.state.value == _REJECTED else None


def fate_of(told: Answer) -> Fate:
    """Say how a request stands there of whom it was told; maybe by ourselves, before a crash."""
    return Fate.LET_IN if told.lets_in else Fate.TURNED_AWAY


def answered(uow: UnitOfWork, notice: Notice, told: Answer, fate: Fate) -> None:
    """Note what became of a request there: what we said, or what somebody decided there before us."""
    uow.outbox.delivered(notice.id, uow.now)
    mirror = uow.mirrors.of(told.to.workspace)
    if mirror is not None and mirror.problem is not None:
        uow.mirrors.put(replace(mirror, problem=None))
    now = uow.mirrors.one(told.to.workspace, told.to.external_id)
    if now is not None and now.fate is Fate.WAITING:
        ours = fate is fate_of(told)
        uow.mirrors.note(replace(now, fate=Fate.ANSWERED if ours else fate, at=uow.now))
        if now.request_id is not None:
            redraw_copies(uow, f"join_request:{now.request_id}")


def failed(uow: UnitOfWork, notice: Notice, _: Loss) -> None:
    """Note when an answer was given up: it is told again after a while, if it is still to be told."""
    found = about(uow, notice) if notice.audience is Audience.ANSWER else None
    if found is not None:
        uow.mirrors.note(replace(found, at=uow.now))
