"""The reference of a call: logged on each line about the call, and shown to the person if it fails."""

import functools
import random
from collections.abc import Callable, Coroutine
from contextvars import Context as Variables
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_reference: ContextVar[str] = ContextVar("reference", default="")


def _new() -> str:
    """Make a reference. It is not a secret, so `random` does; it never blocks for the system's entropy."""
    return f"{random.getrandbits(32):08x}"


def current() -> str:
    """Return the reference of the current call, or an empty string outside a call."""
    return _reference.get()


def begin() -> str:
    """Return the reference of the current call; outside a call, begin one that lasts as long as this task."""
    if not current():
        _reference.set(_new())
    return current()


def task_context() -> Variables:
    """Return the context variables for a task that belongs to the current call, or to a new one."""
    variables = copy_context()
    variables.run(begin)
    return variables


def per_run(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make each run of a coroutine function a call of its own, unless a call is under way already."""

    async def in_new_call(coroutine: Coroutine[Any, Any, T]) -> T:
        before = _reference.set(_new())
        try:
            return await coroutine
        finally:
            _reference.reset(before)

    @functools.wraps(work)
    def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        coroutine = work(*args, **kwargs)
        return coroutine if current() else in_new_call(coroutine)

    return call
