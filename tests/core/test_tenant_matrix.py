"""Nobody reaches what is another's: every command, every value that names something, every stranger's thing.

The cells come from the registry. A command with a text that is neither said here to name something
nor to be free text fails the first test, so that a new command cannot stay outside of the matrix.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.actions import Action
from bot.chat.commands import Command
from bot.chat.options import Kind, Option
from bot.chat.replies import Reply
from bot.chat.text import plain
from bot.commands import REGISTRY
from bot.core.actors import Caller, Platform
from bot.core.guessing import Limit, Limits
from bot.core.passwords import Ways
from bot.core.people_filter import PeopleFilter
from bot.core.values import replace
from bot.platforms.web.playground.shelf import Laid
from tests.core.door import Door, heard, open_door
from tests.core.following_stage import FakePlatform
from tests.core.tenants import Land, Tenant, settle
from tests.matrices import Counts

# Options that name something, by what they name; a key of `Tenant.ids`.
NAMES = {
    "school": "school",
    "schools": "school",
    "person": "person",
    "to": "person",
    "request": "request",
    "workspace": "workspace",
    "invitation": "invitation",
    "role": "role",
    "roles": "role",
    "default_role": "role",
    "district": "district",
    "group": "group",
    "org": "org",
    "run": "run",
    "batch": "batch",
    "job": "job",
    "account": "account",
    "after": "after",
    "notice": "notice",
    "thing": "thing",
    "broadcast": "broadcast",
    "roster": "import",
    "template": "template",
}
# Where an option of a common name names something else.
NAMES_AT = {
    ("invite accept", "invitation"): "letter",
    ("invite clear", "invitation"): "letter",
    ("invite decline", "invitation"): "letter",
    ("invite resend", "invitation"): "letter",
    ("invite send", "invitation"): "letter",
    ("request answer", "invitation"): "letter",
    ("school restore", "name"): "school",
    ("invite came", "after"): "redemption",
    ("invite packs", "after"): "batch",
    ("message more", "after"): "template",
    ("message older", "after"): "broadcast",
    ("roster older", "after"): "import",
    ("member transfer", "to"): "person",
    ("member hand", "of"): "person",
    ("member hand", "to"): "person",
    ("request admit_all", "shown"): "waiting",
}
# Texts that name nothing: whoever knows them gets what they stand for, or they are stored or searched.
FREE = {
    "account claim": {"code"},
    "account edit": {"zone"},
    "account link": {"code"},
    "account merge": {"code", "plan"},
    "audit list": {"what"},
    "audit older": {"what"},
    "system audit": {"what"},
    "system older": {"what"},
    "bulk plan": {"search"},
    "district create": {"name"},
    "district edit": {"name"},
    "district list": {"search"},
    "district more": {"search"},
    "help": {"command"},
    "home reject": {"reason"},
    "invite batch": {"note", "label"},
    "invite create": {"note", "label", "channels"},
    "invite list": {"search"},
    "invite older": {"search"},
    "invite person": {"to", "name", "note"},
    "join": {"code"},
    "member create": {
        "email",
        "first_name",
        "last_name",
        "middle_initial",
        "educator_id",
        "content_areas",
        "grade_levels",
        "zone",
    },
    "member edit": {
        "email",
        "first_name",
        "last_name",
        "middle_initial",
        "educator_id",
        "content_areas",
        "grade_levels",
        "zone",
    },
    "member hand": {"plan"},
    "member list": {"search"},
    "member more": {"of"},
    "report again": {"which"},
    "message edit": {"name", "subject", "text"},
    "message save": {"name", "subject", "text"},
    "message send": {"search", "subject", "text"},
    "oneroster connect": {"folder", "nightly", "zone"},
    "oneroster role": {"source"},
    "request answer": {"code", "asked", *(f"answer_{place}" for place in range(1, 6))},
    "request refuse": {"reason"},
    "request reject": {"reason"},
    "role create": {"name", "permissions", "grants"},
    "role edit": {"name", "permissions", "grants"},
    "roster export": {"search"},
    "school create": {"name", "zone"},
    "school edit": {"name", "zone", "support_contact"},
    "school bill_to": {"name", "email", "address", "reference"},
    "school find": {"name"},
    "school further": {"name"},
    "school link": {"code"},
    "school questions": {f"question_{place}" for place in range(1, 6)},
    "school times": {"digest_time", "digest_days", "holidays"},
    "system edit": {"sign_in"},
    "why": {"can"},
}
# Something to fill in where a cell is about another option.
FILLED = {
    "email": "new@example.org",
    "folder": "the foreign-school",  # the one that the district has
    "nightly": "2:30",
    "source": "teacher",
    "first_name": "New",
    "last_name": "One",
    "name": "Something new",
    "permissions": "member.read",
    "can": "member.read",
    "of": PeopleFilter("").pack(),
    "code": "ABCD-EFGH-JKMNP",
    "plan": "plan",
    "subject": "Subject",
    "text": "Text",
    "which": "ms",
}

# Where the attackers' own thing is another one than the option's name says.
FILLED_AT = {
    ("audit older", "after"): "entry",
    ("district grant", "person"): "human",
    ("district grant", "role"): "district role",
    ("district more", "after"): "district",
    ("district revoke", "role"): "district role",
    ("district schools", "after"): "school",
    ("invite older", "after"): "invitation",
    ("member hand", "of"): "head",
    ("member transfer", "person"): "head",
    ("request further", "after"): "request",
    ("request later", "after"): "request",
    ("school further", "after"): "school",
    ("school unsent", "after"): "notice",
    ("system older", "after"): "entry",
    ("system unsent", "after"): "notice",
}
# What else must be said for an option to mean anything.
BESIDE = {
    ("bulk plan", "schools"): {"act": "replace organizations"},
    ("invite person", "roles"): {"to": "new@example.org"},
    ("invite person", "school"): {"to": "new@example.org"},
    ("invite person", "schools"): {"to": "new@example.org"},
    ("message edit", "school"): {"text": "Other"},
    ("message edit", "template"): {"text": "Other"},
    ("message send", "role"): {"subject": "Subject", "text": "Text"},
    ("message send", "school"): {"subject": "Subject", "text": "Text"},
}


def named_by(command: Command, option: Option) -> str | None:
    """Tell what an option names, or None where it names nothing."""
    if option.kind is not Kind.TEXT:
        return None
    return NAMES_AT.get((command.path, option.name)) or (
        None if option.name in FREE.get(command.path, ()) else NAMES.get(option.name)
    )


def test_every_text_of_every_command_is_in_the_matrix_or_named_as_free() -> None:
    unknown = [
        f"{command.path} {option.name}"
        for command in REGISTRY
        for option in command.options
        if option.kind is Kind.TEXT
        and named_by(command, option) is None
        and option.name not in FREE.get(command.path, ())
    ]
    assert unknown == [], "say in NAMES or NAMES_AT what they name, or in FREE that they name nothing"


def test_nothing_is_named_as_free_that_is_not_there() -> None:
    there = {command.path: {option.name for option in command.options} for command in REGISTRY}
    stale = {path: names - there.get(path, set()) for path, names in FREE.items()}
    assert {path: names for path, names in stale.items() if names} == {}


@dataclass(frozen=True)
class Cell:
    """One try: someone calls a command and names something that is not theirs."""

    command: Command
    option: str
    foreign: Tenant
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.command.path} {dict(self.values)} ({self.option} of a {self.foreign.where})"


def cells(command: Command, land: Land, foreign: Tenant) -> Iterator[Cell]:
    """Make all cells of a command: each option that names something, with each way to name it."""
    for option in command.options:
        kind = named_by(command, option)
        if kind is None:
            continue
        for typed in foreign.ids[kind]:
            for school in ("", land.own.school.id, foreign.school.id):
                values = filled(command, land.own, school) | {option.name: typed}
                values |= BESIDE.get((command.path, option.name), {})
                yield Cell(command, option.name, foreign, values)


def filled(command: Command, own: Tenant, school: str) -> dict[str, Any]:
    """Fill in what a command needs with the attackers' own things."""
    values: dict[str, Any] = {}
    for option in command.options:
        if option.required and option.kind is Kind.TEXT:
            kind = FILLED_AT.get((command.path, option.name)) or named_by(command, option)
            values[option.name] = own.ids[kind][0] if kind else FILLED[option.name]
        if option.required and option.kind is Kind.NATIVE:
            values[option.name] = "staff"
        if option.required and option.kind is Kind.FILE:
            values[option.name] = Laid("people.csv", b"email,first name,last name\nnew@example.org,New,One\n")
        if option.required and option.kind is Kind.WHOLE:
            values[option.name] = str(option.minimum or 1)
        if option.required and option.kind is Kind.CHOICE:
            values[option.name] = option.choices[0][0]
        if option.name == "school" and school and command.at_school:
            values["school"] = school
    return values


# Nobody is told to wait, or most calls would be refused for that alone.
PATIENT = Limit(10**6, timedelta(minutes=1))


async def settled() -> tuple[Door, Land]:
    door = open_door("web:root")
    door.runner = replace(
        door.runner,
        limits=Limits(account=PATIENT, everyone=PATIENT),
        ways=Ways(passwords=True, mails=True),
        followers={Platform.WEB: FakePlatform(has={"staff": set()})},
    )
    return door, await door.database.run(settle)


def leaked(reply: Reply, cell: Cell, told: str = "") -> list[str]:
    """Find words of the foreign school in an answer; what was typed may be said back."""
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
    """Open the command's form and its suggestions with the cell's values; return what they give away."""
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


# What even the admins of the district cannot do with the things as they stand, for reasons of its own.
NOT_NOW = {
    "account unlink",  # somebody else's account
    "district archive",  # it has schools
    "district restore",  # it is not archived
    "district revoke",  # they have no such role
    "home schools",  # they are in no school
    "invite accept",  # it is for somebody else
    "invite decline",  # it is for somebody else
    "invite unlock",  # it is not locked
    "join",  # the school is private
    "member primary",  # they are no admin
    "member reactivate",  # they are active
    "member reinstate",
    "member restore",
    "request again",  # somebody else's
    "scim connect",  # it is connected
    "request answer",  # the school is private
    "request claim",  # somebody sees to it already
    "request withdraw",  # somebody else's
    "school bill_to",  # only the Primary Admin does
    "school further",  # the school is private
    "school mirror",  # this is no server of Discord's
    "school move",  # it is there already
    "school restore",  # it is not archived
    "school unlink",  # it is linked nowhere else
    "system older",  # they do not rule the system
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


@pytest.mark.parametrize("path", [command.path for command in REGISTRY if command.path not in NOT_NOW])
async def test_the_same_calls_reach_what_is_ones_own(path: str) -> None:
    """Without this a matrix of calls that never work would pass."""
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
