"""Cards about the audit log."""

from collections.abc import Mapping, Sequence

from bot.cards.accounts import platforms
from bot.cards.common import further
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, File, Table, Text
from bot.chat.text import Line, say, verbatim
from bot.core import invitations, join_requests
from bot.core.audit import ONEROSTER, SCIM, SYSTEM_CHAIN, AuditEntry, SealedEntry, words
from bot.core.following_ports import FOLLOWED
from bot.core.schools import School
from bot.core.values import dataclass

_FRONTS = {SCIM: "SCIM", ONEROSTER: "OneRoster"}


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in entries stand for; `makers` are those who made invitations, by the invitations' ids."""

    called: Mapping[str, str]
    makers: Mapping[str, str]


def listed(
    found: Sequence[AuditEntry],
    names: Names,
    school: School | None,
    wanted: Mapping[str, str],
    *,
    more: bool,
) -> Card:
    """List entries of a school, or of what belongs to none, newest first."""
    title = (
        say("What happened in {school}", school=school.name)
        if school
        else say("What happened outside of schools")
    )
    if not found:
        return Card(title, (Text(say("Nothing fits that search.")),))
    rows = tuple(
        (
            say("{at}", at=entry.at),
            _who(entry, names),
            _what(entry, names),
            verbatim(_FRONTS.get(entry.front) or platforms([entry.front])),
        )
        for entry in found
    )
    blocks: list[Block] = [Table((say("When"), say("Who"), say("What"), say("Where")), rows)]
    if more:
        older = "audit older" if school else "system older"
        blocks.append(further(say("Older"), Action(older, {"after": found[-1].id, **wanted})))
    return Card(title, tuple(blocks))


def exported(school: School | None, part: Sequence[SealedEntry], content: str, total: int) -> Card:
    """Hand over entries of a school, or of what belongs to none, as a file."""
    title = (
        say("The audit log of {school}", school=school.name)
        if school
        else say("The audit log of what is outside of schools")
    )
    if not part:
        return Card(title, (Text(say("There are no further entries.")),))
    first, last = part[0].number, part[-1].number
    alt = say("Entries {first} to {last} of {total}", first=first, last=last, total=total)
    blocks: list[Block] = [
        File(f"audit-{school.id if school else SYSTEM_CHAIN}-{first}-{last}.jsonl", content.encode(), alt),
        Text(say("`homeroom audit verify FILE` tells whether it is whole. It names people by ids only.")),
    ]
    if last < total:
        after = {"after": str(last)}
        action = (
            Action("audit export", {**after, "school": school.id})
            if school
            else Action("system export", after)
        )
        blocks.append(Actions((Button(say("Next part"), action),)))
    return Card(title, tuple(blocks))


def _who(entry: AuditEntry, names: Names) -> Line:
    if entry.actor_id:
        return verbatim(names.called.get(entry.actor_id, "?"))
    if entry.front == ONEROSTER:
        return say("OneRoster of the district")
    return say("SCIM of the district") if entry.front == SCIM else say("By itself")


def _what(entry: AuditEntry, names: Names) -> Line:
    kind, _, thing = entry.subject.partition(":")
    changed = [(name, entry.old.get(name), value) for name, value in entry.new.items()]
    whom = names.called.get(thing, "") if kind in _NAMED and "person" not in entry.new else ""
    maker = names.makers.get(thing, "")
    if maker != names.called.get(entry.actor_id or ""):
        changed.insert(0, ("inviter", None, maker))
    # What was nothing and is nothing says nothing.
    changes = ", ".join(
        _change(*one, names) for one in changed if any(part not in _NOTHING for part in one[1:])
    )
    parts = " · ".join(part for part in (words(entry.action), whom, changes) if part)
    return verbatim(parts)


# Of what an entry says the name, too; a school's own entries need not say the school's.
_NAMED = frozenset(
    {
        "person",
        "district",
        join_requests.KIND,
        invitations.KIND,
        FOLLOWED,
        "message_template",
        "role",
        "batch",
    }
)
_NOTHING: tuple[object, ...] = (None, False, "", [])


def _change(name: str, before: object, after: object, names: Names) -> str:
    shown = name.replace("_", " ").removesuffix(" id")
    if before is None:
        return f"{shown}: {_value(after, names)}"
    return f"{shown}: {_value(before, names)} → {_value(after, names)}"


def _value(value: object, names: Names) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_value(one, names) for one in value)
        case {"school": of, "role": role}:  # what an invitation gives
            return f"{role} ({names.called.get(str(of), 'another school')})"
        case {"school": of, "roles": list(roles), **more}:  # what came of accepting it
            how = "waits" if more.get("waits") else str(more.get("why") or "")
            where = ", ".join(filter(None, (names.called.get(str(of), "another school"), how)))
            return f"{', '.join(map(str, roles))} ({where})"
        case _:
            said = str(value)
            _, _, of = said.rpartition(":")  # a scope is `district:<id>`
            return names.called.get(said) or names.called.get(of, said)
