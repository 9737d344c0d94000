"""Divides text among blocks, and blocks among messages, within Slack's limits."""

from collections.abc import Iterator
from typing import Any

import msgspec

from bot.platforms.slack import limits
from bot.platforms.slack.rendering.spans import Element


def group_lines(lines: list[list[Element]]) -> Iterator[list[list[Element]]]:
    """Group lines so that each group fits one block; a line that is too long continues in the next group."""
    if _surely_fits(lines, limits.TEXT):
        yield from [lines] if lines else ()
        return
    group: list[list[Element]] = []
    room = limits.TEXT
    for line in lines:
        rest: list[Element] = []
        for element in line:
            size = _size(element)
            if size > room and (group or rest):
                yield [*group, rest] if rest else group
                group, rest, room = [], [], limits.TEXT
            rest.append(element)
            room -= size
        group.append(rest)
        room -= 1
    if group:
        yield group


def paged(blocks: list[Element]) -> list[list[Element]]:
    """Divide blocks among messages; every message after the first has room for a heading."""
    if len(blocks) < limits.BLOCKS and _surely_fits(blocks, limits.MESSAGE):
        return [blocks]
    pages: list[list[Element]] = [[]]
    size = 0
    for block in blocks:
        size += _size(block)
        # One block of every further page is its heading.
        if pages[-1] and (len(pages[-1]) >= limits.BLOCKS - 1 or size > limits.MESSAGE):
            pages.append([])
            size = _size(block)
        pages[-1].append(block)
    return pages


def _surely_fits(value: Any, room: int) -> bool:
    """Tell quickly that a value fits, as most do: its JSON is at least as long as the strings in it."""
    return len(msgspec.json.encode(value)) <= room


def _size(value: Any) -> int:
    """Return the UTF-8 length of all strings in a value; whether Slack counts bytes is not documented."""
    size, rest = 0, [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            size += len(one) if one.isascii() else len(one.encode())
        elif isinstance(one, dict):
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return size
