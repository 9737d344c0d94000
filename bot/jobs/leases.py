"""Leases, for work that only one replica may do at a time; another takes over when a lease expires."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

from bot.core.ports import UnitOfWork
from bot.jobs import processes

T = TypeVar("T")
_log = logging.getLogger(__name__)

# How long a lease lasts without renewal, and so how long the work rests after a crash. It is renewed every
# 3 seconds, and its holder gives it up after 9 without renewal. If it were shorter, the holder would lose it
# whenever the database stalls for five seconds.
LEASE = timedelta(seconds=15)


class LeaseDatabase(Protocol):
    """The part of a database that leases need."""

    async def run_apart(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run and commit a small unit of work that long units cannot delay."""
        ...


class LeaseKeeper:
    """Runs work while this replica holds the lease for it, and renews the lease meanwhile.

    A holder that cannot renew its lease stops well before another replica may take it; all replicas go by the
    clock of the database. The lease of a process that was killed on the same machine can be taken at once.
    """

    def __init__(self, database: LeaseDatabase, lease: timedelta = LEASE) -> None:
        """Store leases of a given duration in a database."""
        self._database = database
        self._lease = lease
        self._holder = f"{secrets.token_hex(8)} {processes.own()}"
        self._poll = lease.total_seconds() / 10
        self._renew = lease.total_seconds() / 5
        # The rest of the lease is for stopping the work.
        self._sure = lease.total_seconds() * 0.6

    async def __call__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, and do the work until it ends or the lease is lost."""
        await self._wait(name)
        _log.info("This replica now holds the lease of %s", name)
        working = asyncio.ensure_future(work())
        keeping = asyncio.ensure_future(self._keep(name))
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return await working
            _log.error("This replica lost the lease of %s", name)
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.wait({working, keeping})
            await self._release(name)

    async def _wait(self, name: str) -> None:
        told = False
        while not await self._hold(name):
            if not told:
                _log.info("Another replica holds the lease of %s; this one waits for it", name)
                told = True
            await asyncio.sleep(self._poll)

    async def _hold(self, name: str) -> bool:
        def unit(uow: UnitOfWork) -> bool:
            until = uow.now + self._lease
            if uow.leases.hold(name, self._holder, uow.now, until=until):
                return True
            other = uow.leases.holder(name) or ""
            if not processes.has_ended(other.partition(" ")[2]):
                return False
            uow.leases.release(name, other)  # its process on this machine has ended
            return uow.leases.hold(name, self._holder, uow.now, until=until)

        return await self._database.run_apart(unit)

    async def _keep(self, name: str) -> None:
        """Renew a lease regularly; return when it is lost, or cannot be renewed in time."""
        loop = asyncio.get_running_loop()
        sure_until = loop.time() + self._sure
        while True:
            await asyncio.sleep(self._renew)
            asked_at = loop.time()
            try:
                async with asyncio.timeout_at(sure_until):
                    if not await self._hold(name):
                        return
            except Exception as broken:  # noqa: BLE001 - whatever went wrong, there may be time to try again
                _log.warning("A lease was not renewed: %s", type(broken).__name__)
                if loop.time() + self._renew >= sure_until:
                    return
            else:
                sure_until = asked_at + self._sure

    async def _release(self, name: str) -> None:
        """Release a lease, so that nobody has to wait until it expires."""
        try:
            async with asyncio.timeout(self._renew):
                await self._database.run_apart(partial(_release, name=name, holder=self._holder))
        except Exception as broken:  # noqa: BLE001 - it expires by itself
            _log.warning("A lease was not released: %s", type(broken).__name__)


def _release(uow: UnitOfWork, *, name: str, holder: str) -> None:
    uow.leases.release(name, holder)
