"""Nobody does by a click what they must not, whatever the button, select or form, and whenever.

What is clicked comes from the stories: whatever their cards draw and their forms send. A usual run takes
one of each shape (the same command, asked or run, with the same values); `make soak` takes them all.
"""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.chat.actions import Action, UnreadableAction, unpack
from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.commands import REGISTRY
from tests.clicks.intruders import INTRUDERS, Fork, foreigner, second_admin
from tests.clicks.live import PATIENT, Live, Pool
from tests.clicks.paper import Drawn
from tests.core.door import BROKEN, heard
from tests.core.test_tenant_matrix import named_by
from tests.matrices import Counts
from tests.soak import size

# What people do about themselves alone, whoever they are: it is not said whose thing it is, or it is theirs.
OWN = {
    "account edit": {"plain member", "demoted", "suspended"},
    "account erase": {"plain member", "demoted", "suspended"},
    "account link": {"wrong user", "plain member", "demoted", "suspended"},  # a code of their own
    # Whoever has the code has both accounts.
    "account merge": {"wrong user", "demoted", "suspended"},
    "invite accept": {"demoted", "suspended"},  # it is for them
    "invite decline": {"demoted", "suspended"},
    "join": {"wrong user", "foreign workspace", "demoted", "suspended"},  # to ask is everybody's
    "message stop": {"plain member", "foreign workspace", "demoted", "suspended"},
    "request again": {"demoted", "suspended"},
    "request answer": {"wrong user", "foreign workspace", "demoted", "suspended"},  # and with answers
    "request withdraw": {"demoted", "suspended"},  # they have asked
}
# What may be done again by the same click, and why that doubles nothing that cannot be doubled.
AGAIN = {
    "account edit": "the deputy's own",
    "account erase": "the deputy's own",
    "message stop": "the deputy's own",
    "account link": "another code, and the one before ends",
    "bulk plan": "a plan, which changes nobody yet",
    "invite batch": "other codes",
    "member export": "read, which is kept each time",
    "member password": "another link, and the one before ends",
    "school approvals": "the same channel",
    "school share": "another code, and the one before ends",
    "invite create": "another invitation",
    "invite post": "posted once more, at the school's own wish",
    "invite reissue": "a new one for the new one",
    "invite resend": "it is queued once, in the place of the one that waits",
    "invite send": "it is queued once, in the place of the one that waits",
    "invite suspend": "a plan, which changes nobody yet",
    "message later": "the same time",
    "message send": "a draft, which nobody gets yet",
    "oneroster sync": "read again; nothing is applied yet",
    "request snooze": "one reminder, in the place of the one that waits",
    "roster import": "a plan, which changes nobody yet",
    "scim rotate": "another secret, and the one before ends",
}
# Options that name several things: where one is garbled, the others are still what was shown and clicked.
SEVERAL = {("request admit_all", "shown")}
# What no story's card draws, and the one school of the registry's own round has no such thing.
NOT_NOW = {
    "account claim",  # the code opens nothing
    "account password",  # they have no address to send the link to
    "account unlink",  # somebody else's account
    "district revoke",  # they have no such role
    "home requests",  # the page after one that is not theirs to decide
    "home schools",  # they are in no second school
    "invite person",  # a name alone would do, and none is needed
    "school further",  # the school is private
    "school link",  # the code opens nothing
}


@pytest.fixture(scope="module")
def live() -> list[Live]:
    """What is drawn, once for all tests: their loops are their own."""

    async def gathered() -> list[Live]:
        pool = await Pool.of_stories()
        return await (await pool.add_what_no_story_draws()).live()

    return asyncio.run(gathered())


def told(reply: Reply | None) -> bool:
    """Tell whether somebody is told in words; of an unreadable click the front tells."""
    if reply is None:
        return True
    card = reply.answer or reply.redraw
    return isinstance(card, Card) and bool(plain(card.title).strip()) and BROKEN not in heard(reply)


def of_others(before: Mapping[str, Any], after: Mapping[str, Any], drawn: Drawn) -> list[str]:
    """List what was changed of people and schools that were there when it was drawn."""
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


@pytest.mark.parametrize("intruder", INTRUDERS)
async def test_who_must_not_does_nothing_by_a_click(live: list[Live], counts: Counts, intruder: str) -> None:
    wrong, own = [], set()
    for one in live:
        fork = one.fork()
        who = INTRUDERS[intruder](fork, one.who)
        before = fork.kept()
        reply = await fork.press(one.drawn, who)
        after = fork.kept()
        done = after != before
        if done and INTRUDERS[intruder] is foreigner:
            done = bool(of_others(before, after, one.drawn))
        if done and intruder in OWN.get(one.drawn.path, ()):
            own.add(one.drawn.path)
        elif done:
            wrong.append(f"{intruder}: {one} -> {heard(reply)[:80] if reply else ''}")
        elif one.does and not told(reply):
            wrong.append(f"{intruder} is not told: {one}")
    assert not wrong, "\n".join(wrong)
    assert own <= OWN.keys()
    counts.add(f"clicks x {intruder}", len(live))


@pytest.mark.parametrize("again", ["the same person", "another admin"])
async def test_what_is_decided_is_not_done_again(live: list[Live], counts: Counts, again: str) -> None:
    wrong, tried = [], 0
    for one in (one for one in live if one.does):
        await one.works()
        # The bot restarts in between: another Runner, over what is stored.
        fork = Fork(replace(one.runner, database=one.after.database, limits=PATIENT), one.after.database)
        who = second_admin(fork, one.who) if again == "another admin" else one.who
        before = fork.kept()
        reply = await fork.press(one.drawn, who)
        tried += 1
        if fork.kept() != before and one.drawn.path not in AGAIN:
            wrong.append(f"{one} -> {heard(reply)[:80] if reply else ''}")
        elif fork.kept() == before and not told(reply) and not _form(reply):
            wrong.append(f"{again} is not told: {one}")
    assert not wrong, "\n".join(wrong)
    counts.add(f"clicks decided already x {again}, after a restart", tried)


def _form(reply: Reply | None) -> bool:
    return reply is not None and reply.answer is not None and not isinstance(reply.answer, Card)


def flips(packed: str) -> Iterator[str]:
    """Flip each bit of what a button carries."""
    for place, letter in enumerate(packed):
        for bit in range(8):
            yield packed[:place] + chr(ord(letter) ^ 1 << bit) + packed[place + 1 :]


def as_typed(before: Action, packed: str) -> bool:
    """Tell whether a changed action says what its clicker may say as well: other free text or case."""
    try:
        after = unpack(packed)
    except UnreadableAction:
        return False
    command = REGISTRY[before.command]
    if after.command != before.command or after.values.keys() != before.values.keys():
        return False
    for name, value in before.values.items():
        option = command.option(name)
        same = after.values[name].casefold() == value.casefold()
        several = (command.path, name) in SEVERAL
        if not same and not several and (option is None or named_by(command, option) is not None):
            return False
    return True


async def test_one_bit_flipped_does_nothing(live: list[Live], counts: Counts) -> None:
    wrong, tried = [], 0
    step = size(usual=29, soaking=1)
    doing = {one.drawn.shape: one for one in live if one.does}
    for turn, one in enumerate(doing.values()):
        action = unpack(one.drawn.packed)
        for packed in itertools.islice(flips(one.drawn.packed), turn % step, None, step):
            fork = one.fork()
            before = fork.kept()
            reply = await fork.press(one.drawn, one.who, packed)
            tried += 1
            if fork.kept() != before and not as_typed(action, packed):
                wrong.append(f"{one.drawn.packed} as {packed!r} -> {heard(reply)[:80] if reply else ''}")
            elif fork.kept() == before and not told(reply) and not _form(reply):
                wrong.append(f"nobody is told: {packed!r}")
    assert not wrong, "\n".join(wrong)
    counts.add("clicks x bits flipped", tried)


def older(packed: str) -> Iterator[str]:
    """Write an action as another version might have: none of these is read as something else."""
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


async def test_an_older_format_does_nothing(live: list[Live], counts: Counts) -> None:
    wrong, tried = [], 0
    for one in (one for one in live if one.does):
        for packed in older(one.drawn.packed):
            fork = one.fork()
            before = fork.kept()
            reply = await fork.press(one.drawn, one.who, packed)
            tried += 1
            if fork.kept() != before:
                wrong.append(f"{packed!r} -> {heard(reply)[:80] if reply else ''}")
            elif not told(reply):
                wrong.append(f"nobody is told: {packed!r}")
    assert not wrong, "\n".join(wrong)
    counts.add("clicks x older formats", tried)


def test_the_buttons_do_something_for_whom_they_are_drawn(live: list[Live], counts: Counts) -> None:
    """Without this a matrix of dead buttons would pass."""
    doing = {one.drawn.path for one in live if one.does}
    assert len(doing) > 60
    assert doing >= AGAIN.keys() | OWN.keys(), "what is excused must be there"
    missing = {one.path for one in REGISTRY} - {one.drawn.path for one in live}
    assert missing <= NOT_NOW
    counts.add("clicks that do something for whom they are drawn", sum(one.does for one in live))
