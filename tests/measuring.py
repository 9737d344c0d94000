"""For `make coverage`: a thread without greenlets is measured without being made one of greenlet's.

The tracer keeps apart what greenlets do, and asks on each thread for the one that runs there. So each thread
became one of greenlet's, which the main thread must forget when it has ended, in the middle of whatever it
does: of the tracer, too, and there a run once stood still. Of other threads only those with a loop are asked.
"""

import threading
from asyncio import _get_running_loop
from collections.abc import Generator

import greenlet  # type: ignore[import-untyped]
import pytest


class _Alone:
    """A thread on which nothing takes turns."""


class _Here(threading.local):
    def __init__(self) -> None:
        self.alone = _Alone()


_here, _running = _Here(), greenlet.getcurrent
_MAIN = threading.main_thread().ident


def _current() -> object:
    """Name what runs: a greenlet, or a thread."""
    if threading.get_ident() == _MAIN or _get_running_loop() is not None:
        return _running()
    return _here.alone


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionstart() -> Generator[None]:
    """Let the tracer of a process of a run ask here, and nobody else."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(greenlet, "getcurrent", _current)
        yield
