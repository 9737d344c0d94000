"""The matrices of clicks: what is tried with every control, and what counts as a mistake."""

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.actions import Action, UnreadableAction, unpack
from bot.chat.meanwhile import BEGAN_WITH
from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.commands import REGISTRY
from bot.core.values import replace
from tests.clicks.excuses import BY_ANOTHER_ADMIN, ON_ONESELF, REPEATABLE
from tests.clicks.intruders import INTRUDERS, Fork, applicant, foreigner, second_admin
from tests.clicks.live import PATIENT, Control
from tests.clicks.paper import Drawn
from tests.core.cells import named_by
from tests.core.door import BROKEN, heard


@dataclass(frozen=True)
class Cell:
    """The result of one click: what was wrong with it, or which command needed an excuse."""

    wrong: str = ""
    excused: str = ""


Cells = AsyncIterator[Cell]


def answered_in_words(reply: Reply | None) -> bool:
    """Tell whether a reply answers in words; for an unreadable click, which has none, the front does."""
    if reply is None:
        return True
    card = reply.answer or reply.redraw
    return isinstance(card, Card) and bool(plain(card.title).strip()) and BROKEN not in heard(reply)


def changes_to_others(before: Mapping[str, Any], after: Mapping[str, Any], drawn: Drawn) -> list[str]:
    """List changes that concern people or schools that existed when the control was drawn."""
    there = {*drawn.state.persons, *drawn.state.schools}
    rows = ((name, row) for name, table in before.items() for row in _rows(table, after[name]))
    return [f"{name}: {row[:200]}" for name, row in rows if any(one in row for one in there)]


def _rows(before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict):
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                yield f"{key} {before.get(key)} {after.get(key)}"
    elif isinstance(before, set):
        yield from map(str, before ^ after)
    else:
        yield from map(str, after[len(before) :])


def _said(reply: Reply | None) -> str:
    return heard(reply)[:80] if reply else ""


async def by_intruder(live: Sequence[Control], intruder: str) -> Cells:
    """Click every control as an intruder."""
    become = INTRUDERS[intruder]
    for one in live:
        fork = one.fork()
        who = become(fork, one.who)
        before = fork.kept()
        reply = await fork.press(one.drawn, who)
        after = fork.kept()
        done = after != before
        if done and become is foreigner:
            done = bool(changes_to_others(before, after, one.drawn))
        if done and intruder in ON_ONESELF.get(one.drawn.path, ()):
            yield Cell(excused=one.drawn.path)
        elif done:
            yield Cell(f"{intruder}: {one} -> {_said(reply)}")
        elif one.does and not answered_in_words(reply):
            yield Cell(f"{intruder} is not told: {one}")
        else:
            yield Cell()


async def by_the_applicant(live: Sequence[Control]) -> Cells:
    """Click every control that decides a request as its applicant, made a System Administrator."""
    for one in live:
        fork = one.fork()
        who = applicant(fork, one.drawn)
        if who is None or not one.does:
            continue
        before = fork.kept()
        reply = await fork.press(one.drawn, who)
        if fork.kept() != before:
            yield Cell(f"the applicant: {one} -> {_said(reply)}")
        elif not answered_in_words(reply):
            yield Cell(f"the applicant is not told: {one}")
        else:
            yield Cell()


async def repeated(live: Sequence[Control], *, by_another: bool) -> Cells:
    """Repeat every click that does something after a restart, as the same person or another admin."""
    for one in (one for one in live if one.does):
        await one.works()
        # The bot restarts in between: a new Runner on what is stored.
        fork = Fork(replace(one.runner, database=one.after.database, limits=PATIENT), one.after.database)
        who = second_admin(fork, one.who) if by_another else one.who
        before = fork.kept()
        reply = await fork.press(one.drawn, who)
        excuses = {*REPEATABLE, *(BY_ANOTHER_ADMIN if by_another else ())}
        if fork.kept() != before and one.drawn.path in excuses:
            yield Cell(excused=one.drawn.path)
        elif fork.kept() != before:
            yield Cell(f"{one} -> {_said(reply)}")
        elif not answered_in_words(reply) and not _form(reply):
            yield Cell(f"nobody is told: {one}")
        else:
            yield Cell()


def _form(reply: Reply | None) -> bool:
    return reply is not None and reply.answer is not None and not isinstance(reply.answer, Card)


def flipped_bits(packed: str) -> Iterator[str]:
    """Yield copies of a packed action with each of its bits flipped in turn."""
    for place, letter in enumerate(packed):
        for bit in range(8):
            yield packed[:place] + chr(ord(letter) ^ 1 << bit) + packed[place + 1 :]


def differs_only_in_text(before: Action, packed: str) -> bool:
    """Tell whether a changed action differs only in what clickers choose anyway.

    That is free text, case, and the marks of what a form's fields began with.
    """
    try:
        after = unpack(packed)
    except UnreadableAction:
        return False
    command = REGISTRY[before.command]
    if after.command != before.command or after.values.keys() != before.values.keys():
        return False
    for name, value in before.values.items():
        option = command.option(name)
        same = name == BEGAN_WITH or after.values[name].casefold() == value.casefold()
        if not same and (option is None or named_by(command, option) is not None):
            return False
    return True


async def with_a_bit_flipped(live: Sequence[Control], *, every: int) -> Cells:
    """Click one control of each shape with a bit flipped, for one bit in `every`."""
    doing = {one.drawn.shape: one for one in live if one.does}
    for turn, one in enumerate(doing.values()):
        action = unpack(one.drawn.packed)
        for packed in itertools.islice(flipped_bits(one.drawn.packed), turn % every, None, every):
            fork = one.fork()
            before = fork.kept()
            reply = await fork.press(one.drawn, one.who, packed)
            if fork.kept() != before and not differs_only_in_text(action, packed):
                yield Cell(f"{one.drawn.packed} as {packed!r} -> {_said(reply)}")
            elif fork.kept() == before and not answered_in_words(reply) and not _form(reply):
                yield Cell(f"nobody is told: {packed!r}")
            else:
                yield Cell()


def other_formats(packed: str) -> Iterator[str]:
    """Yield an action as other versions might have packed it; none may be read as another action."""
    rest = packed.partition(":")[2]
    command, _, query = rest.partition("?")
    yield rest
    yield f"RUN:{rest}"
    yield f"do:{rest}"
    yield f"run:{rest.replace(' ', '/')}" if " " in command else f"run:{command}/now"
    yield f"run:{command} now?{query}" if query else f"run:{command} now"
    yield f'{{"command":"{command}"}}'
    yield f"{packed}{'&' if query else '?'}version=2"
    if query:
        yield packed.replace("?", ":", 1).replace("=", ":")
        yield f"run:{command}?id={query.partition('=')[2]}"


async def in_an_older_format(live: Sequence[Control]) -> Cells:
    """Click every control that does something with its action packed as by other versions."""
    for one in (one for one in live if one.does):
        for packed in other_formats(one.drawn.packed):
            fork = one.fork()
            before = fork.kept()
            reply = await fork.press(one.drawn, one.who, packed)
            if fork.kept() != before:
                yield Cell(f"{packed!r} -> {_said(reply)}")
            elif not answered_in_words(reply):
                yield Cell(f"nobody is told: {packed!r}")
            else:
                yield Cell()
