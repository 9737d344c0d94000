"""What only one replica does at a time: it holds a lease, and another takes over when that ends."""

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

# How long a lease holds without being renewed: so long nobody acts after a crash. Shorter, and a database
# that stalls for five seconds would take it away from who has it: renewed every 3 seconds, it is given up
# after 9.
LEASE = timedelta(seconds=15)


class Apart(Protocol):
    """A database, as far as it is needed here."""

    async def apart(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a small unit and commit it, however many others wait for something."""
        ...


class LeaseKeeper:
    """Lets work be done by one replica: by whoever has its lease, and only while it is renewed.

    Who cannot renew it ends well before another may take it; replicas go by one clock, the database's.
    Who was killed on the same machine need not be waited for.
    """

    def __init__(self, database: Apart, lease: timedelta = LEASE) -> None:
        """Ask a database, and hold leases for so long."""
        self._database = database
        self._lease = lease
        self._holder = f"{secrets.token_hex(8)} {processes.own()}"
        self._look = lease.total_seconds() / 10
        self._renew = lease.total_seconds() / 5
        # What is left after that is for ending what is under way.
        self._sure = lease.total_seconds() * 0.6

    async def __call__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Wait until nobody else does this, and do it until it ends or the lease is lost."""
        await self._wait(name)
        _log.info("This replica has %s", name)
        working = asyncio.ensure_future(work())
        keeping = asyncio.ensure_future(self._keep(name))
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return await working
            _log.error("This replica could not keep %s", name)
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.wait({working, keeping})
            await self._release(name)

    async def _wait(self, name: str) -> None:
        told = False
        while not await self._hold(name):
            if not told:
                _log.info("Another replica has %s; this one waits to take over", name)
                told = True
            await asyncio.sleep(self._look)

    async def _hold(self, name: str) -> bool:
        def unit(uow: UnitOfWork) -> bool:
            until = uow.now + self._lease
            if uow.leases.hold(name, self._holder, uow.now, until=until):
                return True
            other = uow.leases.holder(name) or ""
            if not processes.has_ended(other.partition(" ")[2]):
                return False
            uow.leases.release(name, other)  # it was killed on this very machine, and cannot act any more
            return uow.leases.hold(name, self._holder, uow.now, until=until)

        return await self._database.apart(unit)

    async def _keep(self, name: str) -> None:
        """Renew a lease; return when it is lost, or as good as lost."""
        loop = asyncio.get_running_loop()
        sure_until = loop.time() + self._sure
        while True:
            await asyncio.sleep(self._renew)
            asked_at = loop.time()
            try:
                async with asyncio.timeout_at(sure_until):
                    if not await self._hold(name):
                        return
            except Exception as broken:  # noqa: BLE001 - whatever it is, there may be time for another try
                _log.warning("A lease was not renewed: %s", type(broken).__name__)
                if loop.time() + self._renew >= sure_until:
                    return
            else:
                sure_until = asked_at + self._sure

    async def _release(self, name: str) -> None:
        """Give a lease back, so that nobody has to wait for its end."""
        try:
            async with asyncio.timeout(self._renew):
                await self._database.apart(partial(_release, name=name, holder=self._holder))
        except Exception as broken:  # noqa: BLE001 - it ends by itself
            _log.warning("A lease was not given back: %s", type(broken).__name__)


def _release(uow: UnitOfWork, *, name: str, holder: str) -> None:
    uow.leases.release(name, holder)
