"""Mirrors the join requests of platforms: reads theirs, and answers them there as decided here."""

from functools import partial

from bot.chat.notifier import NotSetUp
from bot.chat.ports import Database
from bot.chat.request_inbox import InboxClosed, RequestInbox, RequestInboxes
from bot.core.notices.notices import Audience, Notice
from bot.core.ports import UnitOfWork
from bot.core.requests import mirror_answers, mirroring
from bot.core.requests.mirror_answers import RequestAnswer
from bot.core.requests.mirror_ports import MirroredRequest
from bot.jobs.timeouts import in_time

# Notices that change or read something on a platform, and post no card.
PLATFORM_WORK = frozenset({Audience.REQUESTS, Audience.ANSWER})


class Mirroring:
    """Reads and answers the join requests of platforms as notices ask, by the state at that moment."""

    def __init__(self, database: Database, inboxes: RequestInboxes) -> None:
        """Take the request inboxes of the platforms that are set up."""
        self._database = database
        self._inboxes = inboxes

    async def do(self, notice: Notice, worker: str) -> bool:
        """Do what a notice asks for; return False if the worker has lost its claim on it."""
        inbox = self._inboxes.get(notice.to.platform)
        if inbox is None:
            raise NotSetUp("Nothing is set up to see and decide requests there")
        if not await self._database.read(lambda uow: uow.outbox.holds(notice, worker, uow.now)):
            return False
        try:
            done = await (self._look if notice.audience is Audience.REQUESTS else self._answer)(inbox, notice)
        except InboxClosed as closed:
            problem = closed.problem
            await self._database.run(lambda uow: mirroring.record_problem(uow, notice, problem))
            return True
        if not done:
            await self._database.run(lambda uow: uow.outbox.mark_delivered(notice.id, uow.now))
        return True

    async def _look(self, inbox: RequestInbox, notice: Notice) -> bool:
        """Read the pending requests of a workspace and file them in small units of work.

        Return False if the workspace is not mirrored any more.
        """
        began = await self._database.read(lambda uow: uow.now)
        asked = await self._database.read(lambda uow: mirroring.to_look_at(uow, notice))
        if asked is None:
            return False
        mirror, known = asked
        seen = await in_time(inbox.look(mirror.workspace, known))
        for first in range(0, len(seen.waiting), mirroring.BATCH):
            some = seen.waiting[first : first + mirroring.BATCH]
            file = partial(mirroring.file, workspace=mirror.workspace, some=some, began=began)
            await self._database.run(file)
        await self._database.run(lambda uow: mirroring.record_look(uow, notice, seen, began))
        return True

    async def _answer(self, inbox: RequestInbox, notice: Notice) -> bool:
        """Answer a request on the platform as decided here; return False if no answer is needed any more."""
        told = await self._database.read(partial(_to_tell, notice=notice))
        if told is None or not (told.to.request_id or await self._is_members(inbox, told.to)):
            return False
        fate = await in_time(inbox.answer(told))
        await self._database.run(lambda uow: mirror_answers.answered(uow, notice, told, fate))
        return True

    async def _is_members(self, inbox: RequestInbox, mirrored: MirroredRequest) -> bool:
        """Tell whether a pending request without a join request of ours is a member's."""
        seen = await in_time(inbox.look(mirrored.workspace, ()))
        for one in seen.waiting:
            if one.external_id == mirrored.external_id:
                unit = partial(mirroring.is_from_member, mirrored=mirrored, account=one.account)
                return await self._database.run(unit)
        return False


def _to_tell(uow: UnitOfWork, *, notice: Notice) -> RequestAnswer | None:
    mirrored = mirror_answers.about(uow, notice)
    return mirror_answers.answer(uow, mirrored) if mirrored else None
