"""Telling a platform what was decided here about one of its own join requests."""

from typing import TYPE_CHECKING

from bot.core.notices.notices import Audience, Loss, Notice, queue_work, redraw_copies
from bot.core.ports import UnitOfWork
from bot.core.requests.mirror_ports import Mirror, MirroredRequest, PlatformRequestState
from bot.core.rights.actors import WorkspaceKey
from bot.core.schools.schools import is_linked
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.core.requests.join_requests import JoinRequest

_REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What a platform is to be told about one of its requests: to let the person in, or why not."""

    to: MirroredRequest
    lets_in: bool
    reason: str = ""


def decided(uow: UnitOfWork, request: "JoinRequest") -> None:
    """Queue an answer to each platform request that a decided join request stands for."""
    for one in uow.mirrors.of_request(request.id):
        if one.fate is PlatformRequestState.WAITING:
            ask(uow, one, request.school_id)


def ask(uow: UnitOfWork, mirrored: MirroredRequest, school_id: str) -> None:
    """Queue an answer to a platform request, unless one is waiting; what it says is read at delivery."""
    queue(uow, mirrored.subject, Audience.ANSWER, mirrored.workspace, school_id)


def queue(uow: UnitOfWork, subject: str, audience: Audience, workspace: WorkspaceKey, school_id: str) -> None:
    """Queue work at a platform, unless the same is waiting."""
    if not uow.outbox.places(subject, audience):
        queue_work(uow, "requests", subject, audience, workspace, school_id)


def about(uow: UnitOfWork, notice: Notice) -> MirroredRequest | None:
    """Find the platform request that a notice is about."""
    of = notice.subject.partition(":")[2]
    return uow.mirrors.by_external_id(WorkspaceKey.from_path(of), of.rpartition("/")[2])


def still_decides(uow: UnitOfWork, mirror: Mirror) -> bool:
    """Tell whether the school of a mirror is still linked to its workspace."""
    return is_linked(uow, mirror.workspace, mirror.school_id)


def answer(uow: UnitOfWork, mirrored: MirroredRequest) -> RequestAnswer | None:
    """Return what the platform is to be told now about one of its requests, or None if there is nothing.

    A person who is a member by now is let in, however they became one. Nothing is told about requests that
    were withdrawn here, or closed without an answer.
    """
    mirror = uow.mirrors.of(mirrored.workspace)
    if mirror is None or mirrored.fate is not PlatformRequestState.WAITING or not still_decides(uow, mirror):
        return None
    if mirrored.request_id is None:
        return RequestAnswer(mirrored, lets_in=True)
    request = uow.join_requests.by_id(mirrored.request_id)
    if request is None or request.school_id != mirror.school_id:
        return None
    membership = uow.members.of(request.school_id, request.person_id)
    if membership is not None and membership.active:
        return RequestAnswer(mirrored, lets_in=True)
    return RequestAnswer(mirrored, False, request.reason) if request.state.value == _REJECTED else None


def fate_of(told: RequestAnswer) -> PlatformRequestState:
    """Return the fate that a platform request has once this answer has been given there."""
    return PlatformRequestState.LET_IN if told.lets_in else PlatformRequestState.TURNED_AWAY


def answered(uow: UnitOfWork, notice: Notice, told: RequestAnswer, fate: PlatformRequestState) -> None:
    """Record the fate of a platform request: our answer, or an earlier decision made on the platform."""
    uow.outbox.mark_delivered(notice.id, uow.now)
    mirror = uow.mirrors.of(told.to.workspace)
    if mirror is not None and mirror.problem is not None:
        uow.mirrors.put(replace(mirror, problem=None))
    now = uow.mirrors.by_external_id(told.to.workspace, told.to.external_id)
    if now is not None and now.fate is PlatformRequestState.WAITING:
        ours = fate is fate_of(told)
        uow.mirrors.save_request(
            replace(now, fate=PlatformRequestState.ANSWERED if ours else fate, at=uow.now)
        )
        if now.request_id is not None:
            redraw_copies(uow, f"join_request:{now.request_id}")


def failed(uow: UnitOfWork, notice: Notice, _: Loss) -> None:
    """Record when delivery gave up on an answer; it is queued again after a while, if it is still needed."""
    found = about(uow, notice) if notice.audience is Audience.ANSWER else None
    if found is not None:
        uow.mirrors.save_request(replace(found, at=uow.now))
