"""Delivers the outbox: claims notices that are due, does what they ask for, and stores the result.

The notices of one place are delivered in order, in a lane of their own. Each tenant (a workspace, a mail
domain) has only a few lanes at a time, so that a slow or failing one does not hold up the others.
"""

import asyncio
import logging
import secrets
import time
import traceback
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from bot.chat.context import Links
from bot.chat.native_sync import NativeSyncs
from bot.chat.notifier import DeliveryFailed, Notifiers
from bot.chat.ports import Database
from bot.chat.request_inbox import RequestInboxes
from bot.core.notices.notices import Notice
from bot.core.notices.outbox_ports import Head
from bot.core.ports import Clock, UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.values import dataclass
from bot.jobs import delivery_results, mirroring
from bot.jobs.following import PLATFORM_WORK, RoleChanges
from bot.jobs.mirroring import Mirroring
from bot.jobs.posting import Posting
from bot.jobs.timeouts import WITHIN
from bot.jobs.worker import Worker

_log = logging.getLogger(__name__)

# How long a claim lasts: longer than any delivery takes. When it has expired, another replica may take over.
LEASE = timedelta(seconds=60)
# How many lanes one tenant may have at once, and how many notices a lane delivers before other places of the
# tenant have their turn. The number of tenants is limited only by the number of all lanes.
LANES_PER_TENANT, NOTICES_PER_LANE = 4, 20
# How many of a tenant's lanes may go to places where the last attempt failed. Such an attempt can take half a
# minute, because discord.py itself tries again; the other places of the tenant must not wait for it.
FAILING_LANES_PER_TENANT = 2
MAX_LANES = 1000
# How many places are looked up at once.
PLACES_PER_LOOKUP = 100


class Outcome(StrEnum):
    """The result of one attempt to deliver a notice."""

    DELIVERED = "delivered"
    POSTPONED = "postponed"
    FAILED = "failed"


class Observer(Protocol):
    """Counts attempts to deliver notices."""

    def tried(self, platform: Platform, outcome: Outcome, seconds: float) -> None:
        """Count an attempt, and how many seconds it took."""
        ...


class _Nobody:
    def tried(self, platform: Platform, outcome: Outcome, seconds: float) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class _Lane:
    """The notices of one place that were claimed together, in the order of their delivery."""

    head: Head
    notices: Sequence[Notice]
    taken_at: datetime


class Delivery(Worker):
    """The worker of the outbox."""

    poll_seconds = 1.0

    def __init__(
        self,
        database: Database,
        notifiers: Notifiers,
        clock: Clock,
        links: Links | None = None,
        native_syncs: NativeSyncs | None = None,
        inboxes: RequestInboxes | None = None,
    ) -> None:
        """Deliver to the platforms that have a notifier; the notices of other platforms wait."""
        super().__init__()
        self._database = database
        self._notifiers = notifiers
        self._clock = clock
        self.observer: Observer = _Nobody()
        self._name = secrets.token_hex(8)
        self._role_changes = RoleChanges(database, native_syncs or {})
        self._mirroring = Mirroring(database, inboxes or {})
        self._posting = Posting(database, notifiers, links or Links())
        self._lanes: dict[asyncio.Task[None], Head] = {}

    def under_way(self) -> Collection[asyncio.Task[Any]]:
        """Return the running lanes; when stopping, each ends after its notice and releases the rest."""
        return tuple(self._lanes)

    async def round(self) -> bool:
        """Start a lane for each place with due notices whose tenant has one free.

        A lane that ends wakes the worker for the next round.
        """
        while (room := self._room()) and (heads := await self._heads(room)):
            lanes = await self._database.run(partial(self._take, heads=heads))
            for lane in lanes:
                task = asyncio.create_task(self._deliver_lane(lane), name=f"deliver to {lane.head.platform}")
                self._lanes[task] = lane.head
                task.add_done_callback(self._ended)
            if not lanes:  # other replicas claimed all of them first
                break
        return False

    def _room(self) -> int:
        return 0 if self.stopping else MAX_LANES - len(self._lanes)

    async def _heads(self, room: int) -> list[Head]:
        """Return the places whose turn it is: the longest due, within the limits of each tenant."""
        busy = Counter(head.tenant for head in self._lanes.values())
        failing = Counter(head.tenant for head in self._lanes.values() if head.failed)
        # If the process was suspended, a lane's claim may have expired, but the lane still runs: a second
        # lane of that place would send its notices twice.
        mine = {head.place for head in self._lanes.values()}
        full = [tenant for tenant, number in busy.items() if number >= LANES_PER_TENANT]
        failing_full = [tenant for tenant, number in failing.items() if number >= FAILING_LANES_PER_TENANT]
        platforms = tuple(self._notifiers)

        def unit(uow: UnitOfWork) -> Sequence[Head]:
            most = min(room, PLACES_PER_LOOKUP)
            return uow.outbox.heads(platforms, uow.now, full=full, failing=failing_full, limit=most)

        chosen = []
        for head in await self._database.read(unit):
            if head.place in mine:
                continue
            if busy[head.tenant] < LANES_PER_TENANT and not (
                head.failed and failing[head.tenant] >= FAILING_LANES_PER_TENANT
            ):
                busy[head.tenant] += 1
                failing[head.tenant] += head.failed
                chosen.append(head)
        return chosen

    def _take(self, uow: UnitOfWork, *, heads: Sequence[Head]) -> list[_Lane]:
        now, until = uow.now, uow.now + LEASE
        taken = (
            (head, uow.outbox.take(head.place, now, worker=self._name, until=until, limit=NOTICES_PER_LANE))
            for head in heads
        )
        return [_Lane(head, mine, now) for head, mine in taken if mine]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._lanes[task]
        if not task.cancelled() and (broken := task.exception()) is not None:
            # The database did not store a result. The lane's claims expire by themselves.
            _log.error("A delivery lane failed", exc_info=broken)
        self.wake()

    async def _deliver_lane(self, lane: _Lane) -> None:
        """Deliver the notices of a lane in order, until one must wait; extend the claim when needed."""
        kept = lane.taken_at
        for notice in lane.notices:
            if self._clock.now() + WITHIN > kept + LEASE:
                kept = self._clock.now()
                await self._database.run(partial(self._keep, place=lane.head.place, until=kept + LEASE))
            if not await self._attempt(notice) or self.stopping:
                await self._database.run(lambda uow: uow.outbox.release(lane.head.place, self._name))
                break

    def _keep(self, uow: UnitOfWork, *, place: str, until: datetime) -> None:
        uow.outbox.extend_claim(place, self._name, until)

    async def _attempt(self, notice: Notice) -> bool:
        """Attempt to deliver a notice; tell whether the next notice of the lane may follow."""
        began = time.monotonic()
        try:
            outcome, goes_on = await self._outcome(notice)
        except DeliveryFailed as failure:
            final = await self._database.run(
                partial(delivery_results.postpone, notice=notice, failure=failure)
            )
            self._report(notice, failure)
            outcome, goes_on = (Outcome.FAILED, True) if final else (Outcome.POSTPONED, False)
        if outcome is not None:
            self.observer.tried(notice.to.platform, outcome, time.monotonic() - began)
        return goes_on

    async def _outcome(self, notice: Notice) -> tuple[Outcome | None, bool]:
        try:
            done = await self._do(notice)
        except DeliveryFailed:
            raise
        except Exception as broken:  # noqa: BLE001 - one notice must not stop the others
            # Log where it failed but not the exception's text, which may contain the message and its link.
            where = "".join(traceback.format_tb(broken.__traceback__))
            told = {"notice": notice.id, "error": type(broken).__name__, "where": where}
            _log.error("The delivery of a notice failed unexpectedly", extra=told)
            raise delivery_results.Broken(type(broken).__name__) from None
        return (Outcome.DELIVERED, True) if done else (None, False)

    def _report(self, notice: Notice, failure: DeliveryFailed) -> None:
        # The front reports problems of the installation itself, once instead of for each notice.
        level = logging.DEBUG if failure.ours else logging.WARNING
        told = {"notice": notice.id, "to": notice.to.platform}
        _log.log(level, "A notice was not delivered: %s", failure, extra=told)

    async def _do(self, notice: Notice) -> bool:
        """Do what a notice asks for; return False if the claim on it is lost or its tenant must wait."""
        if notice.audience in PLATFORM_WORK:
            return await self._role_changes.do(notice, self._name)
        if notice.audience in mirroring.PLATFORM_WORK:
            return await self._mirroring.do(notice, self._name)
        return await self._posting.do(notice, self._name)
