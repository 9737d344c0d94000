"""The cells of the cross-tenant matrix: calls of commands in which people name things of other schools.

The cells are generated from the registry. A test fails if a text option is neither listed as naming something
nor as free text, so that no new command can be missing from the matrix.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.chat.commands import Command
from bot.chat.options import Option, OptionKind
from bot.core.invitations.guessing import Limit, Limits
from bot.core.people.passwords import SignInWays
from bot.core.people.people_filter import PeopleFilter
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web.playground.uploads import HeldFile
from tests.core.door import Door, open_door
from tests.core.following_stage import FakePlatform
from tests.core.tenants import Land, Tenant, settle

# Options that name something: what they name, as a key of `Tenant.ids`.
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
# Options that name something else in a particular command.
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
# Texts that name nothing: secrets that give access to whoever has them, and texts to store or to search.
FREE = {
    "account claim": {"code"},
    "account edit": {"zone"},
    "account link": {"code"},
    "account merge": {"code", "plan"},
    "audit list": {"what"},
    "audit older": {"what"},
    "system audit": {"what"},
    "system older": {"what"},
    "bulk plan": {"grades", "search"},
    "district create": {"name"},
    "district edit": {"name"},
    "district list": {"search"},
    "district more": {"search"},
    "help": {"command"},
    "home reject": {"reason"},
    "invite batch": {"note", "label"},
    "invite create": {"note", "label", "channels"},
    "invite elsewhere": {"search"},
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
    "member list": {"grades", "search"},
    "member more": {"of"},
    "report again": {"which"},
    "message edit": {"name", "subject", "text"},
    "message save": {"name", "subject", "text"},
    "message send": {"grades", "search", "subject", "text"},
    "oneroster connect": {"folder", "nightly", "zone"},
    "oneroster role": {"source"},
    "request answer": {"code", "asked", *(f"answer_{place}" for place in range(1, 6))},
    "request refuse": {"reason"},
    "request reject": {"reason"},
    "role create": {"name", "permissions", "grants"},
    "role edit": {"name", "permissions", "grants"},
    "roster export": {"grades", "search"},
    "school create": {"name", "zone"},
    "school edit": {"name", "zone", "support_contact"},
    "school bill_to": {"name", "email", "address", "reference"},
    "school find": {"name"},
    "school further": {"name"},
    "school link": {"code"},
    "school questions": {f"question_{place}" for place in range(1, 6)},
    "school times": {"digest_time", "digest_days", "holidays"},
    "system edit": {"sign_in"},
    "system others": {"search"},
    "system people": {"search"},
    "why": {"can"},
}
# Values for options that a cell is not about.
FILLED = {
    "email": "new@example.org",
    "folder": "the foreign-school",  # the folder that the district has already
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

# Options that are filled with another kind of the attackers' own things than their name suggests.
FILLED_AT = {
    ("audit older", "after"): "entry",
    ("district grant", "person"): "human",
    ("district grant", "role"): "district role",
    ("district more", "after"): "district",
    ("district revoke", "role"): "district role",
    ("district schools", "after"): "school",
    ("invite elsewhere", "after"): "invitation",
    ("invite older", "after"): "invitation",
    ("member hand", "of"): "head",
    ("member transfer", "person"): "head",
    ("request further", "after"): "request",
    ("request later", "after"): "request",
    ("school further", "after"): "school",
    ("school unsent", "after"): "notice",
    ("system copy", "person"): "human",
    ("system erase", "person"): "human",
    ("system older", "after"): "entry",
    ("system person", "person"): "human",
    ("system unsent", "after"): "notice",
}
# Further values without which an option would have no effect.
BESIDE = {
    ("bulk plan", "schools"): {"act": "replace organizations"},
    ("invite person", "roles"): {"to": "new@example.org"},
    ("invite person", "school"): {"to": "new@example.org"},
    ("invite person", "schools"): {"to": "new@example.org"},
    ("member edit", "schools"): {"middle_initial": "K"},
    ("message edit", "school"): {"text": "Other"},
    ("message edit", "template"): {"text": "Other"},
    ("message send", "role"): {"subject": "Subject", "text": "Text"},
    ("message send", "school"): {"subject": "Subject", "text": "Text"},
}


def named_by(command: Command, option: Option) -> str | None:
    """Return what an option names, as a key of `Tenant.ids`; None if it names nothing."""
    if option.kind is not OptionKind.TEXT:
        return None
    return NAMES_AT.get((command.path, option.name)) or (
        None if option.name in FREE.get(command.path, ()) else NAMES.get(option.name)
    )


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix: a call of a command that names something of another school."""

    command: Command
    option: str
    foreign: Tenant
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.command.path} {dict(self.values)} ({self.option} of a {self.foreign.where})"


def cells(command: Command, land: Land, foreign: Tenant) -> Iterator[Cell]:
    """Yield all cells of a command: each option that names something, with each way to name it."""
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
    """Return values for all required options of a command, which name the attackers' own things."""
    values: dict[str, Any] = {}
    for option in command.options:
        if option.required and option.kind is OptionKind.TEXT:
            kind = FILLED_AT.get((command.path, option.name)) or named_by(command, option)
            values[option.name] = own.ids[kind][0] if kind else FILLED[option.name]
        if option.required and option.kind is OptionKind.NATIVE:
            values[option.name] = "staff"
        if option.required and option.kind is OptionKind.FILE:
            values[option.name] = HeldFile(
                "people.csv", b"email,first name,last name\nnew@example.org,New,One\n"
            )
        if option.required and option.kind is OptionKind.WHOLE:
            values[option.name] = str(option.minimum or 1)
        if option.required and option.kind is OptionKind.CHOICE:
            values[option.name] = option.choices[0][0]
        if option.name == "school" and school and command.at_school:
            values["school"] = school
    return values


# So high that nobody is told to wait, for which alone most calls would be refused.
PATIENT = Limit(10**6, timedelta(minutes=1))


async def settled() -> tuple[Door, Land]:
    door = open_door("web:root")
    door.runner = replace(
        door.runner,
        limits=Limits(account=PATIENT, everyone=PATIENT),
        ways=SignInWays(passwords=True, mails=True),
        native_syncs={Platform.WEB: FakePlatform(has={"staff": set()})},
    )
    return door, await door.database.run(settle)
