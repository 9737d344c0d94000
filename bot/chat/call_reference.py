"""The reference of a call: it stands in each line that is logged of it, and is told when something breaks."""

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
    """Make a reference: it tells calls apart and opens nothing, so nobody waits for the system's chance."""
    return f"{random.getrandbits(32):08x}"


def current() -> str:
    """Return the reference of the call that is under way, empty outside of any."""
    return _reference.get()


def begin() -> str:
    """Begin a call for as long as this task lasts, and return its reference; one that has begun goes on."""
    if not current():
        _reference.set(_new())
    return current()


def begun() -> Variables:
    """Return what a task is given so that it is a call, or belongs to the one that is under way."""
    variables = copy_context()
    variables.run(begin)
    return variables


def per_run(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make each run of a function one call, or a part of the one that is under way."""

    async def begun_with(coroutine: Coroutine[Any, Any, T]) -> T:
        before = _reference.set(_new())
        try:
            return await coroutine
        finally:
            _reference.reset(before)

    @functools.wraps(work)
    def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        coroutine = work(*args, **kwargs)
        return coroutine if current() else begun_with(coroutine)

    return call
