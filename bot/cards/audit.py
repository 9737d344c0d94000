"""Cards about the audit log."""

from collections.abc import Mapping, Sequence

from bot.cards.common import further
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, File, Table, Text
from bot.chat.text import Line, say, verbatim
from bot.core.audit import ONEROSTER, SCIM, AuditEntry, SealedEntry, words
from bot.core.schools import School


def listed(
    found: Sequence[AuditEntry],
    names: Mapping[str, str],
    school: School,
    wanted: Mapping[str, str],
    *,
    more: bool,
) -> Card:
    """List entries, newest first."""
    title = say("What happened in {school}", school=school.name)
    if not found:
        return Card(title, (Text(say("Nothing fits that search.")),))
    rows = tuple(
        (
            say("{at}", at=entry.at),
            _who(entry, names),
            _what(entry, names),
            verbatim(entry.front),
        )
        for entry in found
    )
    blocks: list[Block] = [Table((say("When"), say("Who"), say("What"), say("Where")), rows)]
    if more:
        blocks.append(further(say("Older"), Action("audit older", {"after": found[-1].id, **wanted})))
    return Card(title, tuple(blocks))


def exported(school: School, part: Sequence[SealedEntry], content: str, total: int) -> Card:
    """Hand over entries as a file."""
    title = say("The audit log of {school}", school=school.name)
    if not part:
        return Card(title, (Text(say("There are no further entries.")),))
    first, last = part[0].number, part[-1].number
    alt = say("Entries {first} to {last} of {total}", first=first, last=last, total=total)
    blocks: list[Block] = [
        File(f"audit-{school.id}-{first}-{last}.jsonl", content.encode(), alt),
        Text(say("`homeroom audit verify FILE` tells whether it is whole. It names people by ids only.")),
    ]
    if last < total:
        after = {"after": str(last), "school": school.id}
        blocks.append(Actions((Button(say("Next part"), Action("audit export", after)),)))
    return Card(title, tuple(blocks))


def _who(entry: AuditEntry, names: Mapping[str, str]) -> Line:
    if entry.actor_id:
        return verbatim(names.get(entry.actor_id, "?"))
    if entry.front == ONEROSTER:
        return say("OneRoster of the district")
    return say("SCIM of the district") if entry.front == SCIM else say("By itself")


def _what(entry: AuditEntry, names: Mapping[str, str]) -> Line:
    kind, _, thing = entry.subject.partition(":")
    changed = ((name, entry.old.get(name), value) for name, value in entry.new.items())
    # What was nothing and is nothing says nothing.
    changes = ", ".join(
        _change(*one, names) for one in changed if any(part not in _NOTHING for part in one[1:])
    )
    whom = names.get(thing, "") if kind == "person" else ""
    parts = " · ".join(part for part in (words(entry.action), whom, changes) if part)
    return verbatim(parts)


_NOTHING: tuple[object, ...] = (None, False, "", [])


def _change(name: str, before: object, after: object, names: Mapping[str, str]) -> str:
    shown = name.replace("_", " ").removesuffix(" id")
    if before is None:
        return f"{shown}: {_value(after, names)}"
    return f"{shown}: {_value(before, names)} → {_value(after, names)}"


def _value(value: object, names: Mapping[str, str]) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_value(one, names) for one in value)
        case {"school": of, "role": role}:  # what an invitation gives
            return f"{role} ({names.get(str(of), 'another school')})"
        case _:
            return names.get(str(value), str(value))
