"""Looks at requests that platforms have of their own, and tells there what was decided here."""

from functools import partial

from bot.chat.notifier import NotSetUp
from bot.chat.ports import Database
from bot.chat.request_inbox import InboxClosed, RequestInbox, RequestInboxes
from bot.core import mirror_answers, mirroring
from bot.core.mirror_answers import Answer
from bot.core.mirror_ports import Mirrored
from bot.core.notices import Audience, Notice
from bot.core.ports import UnitOfWork
from bot.jobs.timeouts import in_time

# Notices that are work to do at a platform, and no cards.
PLATFORM_WORK = frozenset({Audience.REQUESTS, Audience.ANSWER})


class Mirroring:
    """Does what notices ask for at the platforms, as things stand when it is done."""

    def __init__(self, database: Database, inboxes: RequestInboxes) -> None:
        """Work on a database with the platforms that are set up."""
        self._database = database
        self._inboxes = inboxes

    async def do(self, notice: Notice, worker: str) -> bool:
        """Do what a notice asks for; False if it is the worker's no more."""
        inbox = self._inboxes.get(notice.to.platform)
        if inbox is None:
            raise NotSetUp("Nothing is set up to see and decide requests there")
        if not await self._database.read(lambda uow: uow.outbox.holds(notice, worker, uow.now)):
            return False
        try:
            done = await (self._look if notice.audience is Audience.REQUESTS else self._answer)(inbox, notice)
        except InboxClosed as closed:
            problem = closed.problem
            await self._database.run(lambda uow: mirroring.shut(uow, notice, problem))
            return True
        if not done:
            await self._database.run(lambda uow: uow.outbox.delivered(notice.id, uow.now))
        return True

    async def _look(self, inbox: RequestInbox, notice: Notice) -> bool:
        """Look what waits, and file it in small units; False if nobody wants to know any more."""
        began = await self._database.read(lambda uow: uow.now)
        asked = await self._database.read(lambda uow: mirroring.looks(uow, notice))
        if asked is None:
            return False
        mirror, known = asked
        seen = await in_time(inbox.look(mirror.workspace, known))
        for first in range(0, len(seen.waiting), mirroring.BATCH):
            some = seen.waiting[first : first + mirroring.BATCH]
            file = partial(mirroring.file, workspace=mirror.workspace, some=some, began=began)
            await self._database.run(file)
        await self._database.run(lambda uow: mirroring.looked(uow, notice, seen, began))
        return True

    async def _answer(self, inbox: RequestInbox, notice: Notice) -> bool:
        """Tell what was decided; False if there is nothing to tell any more."""
        told = await self._database.read(partial(_to_tell, notice=notice))
        if told is None or not (told.to.request_id or await self._is_members(inbox, told.to)):
            return False
        fate = await in_time(inbox.answer(told))
        await self._database.run(lambda uow: mirror_answers.answered(uow, notice, told, fate))
        return True

    async def _is_members(self, inbox: RequestInbox, mirrored: Mirrored) -> bool:
        """Look who asks where no request says so: they may be no member any more."""
        seen = await in_time(inbox.look(mirrored.workspace, ()))
        for one in seen.waiting:
            if one.external_id == mirrored.external_id:
                unit = partial(mirroring.is_members, mirrored=mirrored, account=one.account)
                return await self._database.run(unit)
        return False


def _to_tell(uow: UnitOfWork, *, notice: Notice) -> Answer | None:
    mirrored = mirror_answers.about(uow, notice)
    return mirror_answers.answer(uow, mirrored) if mirrored else None
