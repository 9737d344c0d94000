"""For `make coverage`: keeps coverage's tracer from registering threads that have no greenlets.

The tracer keeps greenlets apart, and so calls `greenlet.getcurrent` on every thread. That call registers the
thread with greenlet. After the thread has ended, the main thread must clean up its state, in the middle of
whatever it does: once it was inside the tracer itself, and the run deadlocked. So greenlet is now asked only
on the main thread and on threads that run an event loop.
"""

import threading
from asyncio import _get_running_loop
from collections.abc import Generator

import greenlet  # type: ignore[import-untyped]
import pytest


class _Alone:
    """Stands for the one flow of control of a thread without greenlets."""


class _Here(threading.local):
    def __init__(self) -> None:
        self.alone = _Alone()


_here, _running = _Here(), greenlet.getcurrent
_MAIN = threading.main_thread().ident


def _current() -> object:
    """Return an object that identifies what runs: a greenlet, or a thread without greenlets."""
    if threading.get_ident() == _MAIN or _get_running_loop() is not None:
        return _running()
    return _here.alone


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionstart() -> Generator[None]:
    """Make the tracer, which looks `getcurrent` up now, and nothing else call `_current` instead."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(greenlet, "getcurrent", _current)
        yield
