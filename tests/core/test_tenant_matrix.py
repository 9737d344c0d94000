"""Nobody reaches things of other schools: all commands, all values that name something, all strangers."""

import copy
from typing import Any

import pytest

from bot.chat.actions import Action
from bot.chat.options import OptionKind
from bot.chat.replies import Reply
from bot.chat.text import plain
from bot.commands import REGISTRY
from bot.core.rights.actors import Caller
from tests.core.cells import BESIDE, FREE, Cell, cells, filled, named_by, settled
from tests.core.door import Door, heard
from tests.matrices import Counts


def test_every_text_of_every_command_is_in_the_matrix_or_named_as_free() -> None:
    unknown = [
        f"{command.path} {option.name}"
        for command in REGISTRY
        for option in command.options
        if option.kind is OptionKind.TEXT
        and named_by(command, option) is None
        and option.name not in FREE.get(command.path, ())
    ]
    assert unknown == [], "say in cells.py what they name (NAMES, NAMES_AT), or that they name nothing (FREE)"


def test_nothing_is_named_as_free_that_is_not_there() -> None:
    there = {command.path: {option.name for option in command.options} for command in REGISTRY}
    stale = {path: names - there.get(path, set()) for path, names in FREE.items()}
    assert {path: names for path, names in stale.items() if names} == {}


def leaked(reply: Reply, cell: Cell, told: str = "") -> list[str]:
    """Return the foreign school's secret words in an answer, except for what was typed."""
    said = heard(reply) + told
    for typed in cell.values.values():
        said = said.replace(typed, "") if isinstance(typed, str) else said
    return [word for word in cell.foreign.secrets if word in said]


@pytest.mark.parametrize("path", [command.path for command in REGISTRY])
async def test_nobody_reaches_what_is_not_theirs(counts: Counts, path: str) -> None:
    door, land = await settled()
    command = REGISTRY[path]
    before: Any = copy.deepcopy(await door.known())
    reached, tried = [], 0
    for name, attacker in land.attackers.items():
        for foreign in (one for one in land.foreign if one.where in land.out_of_reach[name]):
            for cell in cells(command, land, foreign):
                tried += 1
                reply = await door.runner.run(path, attacker, cell.values, clicked=True)
                if not reply.refused or leaked(reply, cell):
                    reached.append(f"{name}: {cell}: {heard(reply)[:80]}")
                if words := await _shown(door, attacker, cell):
                    reached.append(f"{name}: {cell} offers or asks with {words}")
    assert reached == []
    assert await door.known() == before
    counts.add("commands x things named x strangers", tried)


async def _shown(door: Door, attacker: Caller, cell: Cell) -> list[str]:
    """Open the command's form and its suggestions with the cell's values; return the leaked words."""
    typed = {name: value for name, value in cell.values.items() if isinstance(value, str)}
    form = await door.runner.form(Action(cell.command.path, typed, ask=True), attacker)
    filled_in = " ".join(_filled(form))
    offered = ""
    for option in cell.command.options:
        items = await door.runner.suggest(cell.command.path, option.name, "", attacker, cell.values)
        offered += " ".join(plain(item.label) for item in items)
    return leaked(form, cell, f"{filled_in} {offered}")


def _filled(reply: Reply) -> list[str]:
    fields = getattr(reply.answer, "fields", ())
    texts = [str(field.value or "") for field in fields]
    return texts + [plain(item.label) for field in fields for item in field.items]


# Commands that even the district's admins cannot use on these things, each for its own reason.
REFUSED_HERE = {
    "account leave",  # they are its Primary Admin
    "account unlink",  # somebody else's account
    "district archive",  # it has schools
    "district restore",  # it is not archived
    "district revoke",  # they have no such role
    "home schools",  # they are in no school
    "invite accept",  # it is for somebody else
    "invite decline",  # it is for somebody else
    "invite unlock",  # it is not locked
    "join",  # the school is private
    "member password",  # they have a chat, and ask there
    "member primary",  # they are no admin
    "member reactivate",  # they are active
    "member reinstate",
    "member restore",
    "request again",  # somebody else's
    "scim connect",  # it is connected
    "request answer",  # the school is private
    "request claim",  # another approver has claimed it
    "request reopen",  # no request is rejected
    "request withdraw",  # somebody else's
    "school bill_to",  # only the Primary Admin does
    "school further",  # the school is private
    "school mirror",  # this is no server of Discord's
    "school move",  # it is there already
    "school restore",  # it is not archived
    "school unlink",  # it is linked nowhere else
    "system copy",  # they do not rule the system
    "system erase",
    "system older",
    "system others",
    "system person",
    "system resend",
    "system unsent",
}
# Of these the attackers' own school has no such thing, or it has nothing to hand over.
NOT_OWN = {
    ("role unfollow", "role"),
    ("district grant", "role"),
    ("oneroster role", "role"),
    ("member hand", "of"),
    ("member transfer", "person"),
}


@pytest.mark.parametrize("path", [command.path for command in REGISTRY if command.path not in REFUSED_HERE])
async def test_the_same_calls_reach_what_is_ones_own(path: str) -> None:
    """Without this test, a matrix of calls that never work would pass."""
    command = REGISTRY[path]
    for option in command.options:
        kind = named_by(command, option)
        if kind is None or (path, option.name) in NOT_OWN:
            continue
        said = []
        for place in range(len((await settled())[1].own.ids[kind])):
            door, land = await settled()
            own = {option.name: land.own.ids[kind][place]} | BESIDE.get((path, option.name), {})
            values = filled(command, land.own, land.own.school.id) | own
            reply = await door.runner.run(path, land.attackers["dora"], values, clicked=True)
            said.append(heard(reply) if reply.refused else "done")
        assert "done" in said, f"{path} {option.name}: {said}"
