"""Cards about the audit log."""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from bot.cards.common import next_page
from bot.cards.people.accounts import platforms
from bot.cards.tables import table
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, File, Table, Text
from bot.chat.text import Line, plain, say, verbatim
from bot.chat.values import as_typed
from bot.core.audit import ONEROSTER, SCIM, SYSTEM_CHAIN, AuditEntry, SealedEntry, action_words
from bot.core.following.ports import FOLLOWER
from bot.core.invitations import invitations
from bot.core.people.members import Access
from bot.core.requests import join_requests
from bot.core.schools.schools import School
from bot.core.values import dataclass

_FRONTS = {SCIM: "SCIM", ONEROSTER: "OneRoster"}


@dataclass(frozen=True, slots=True)
class Names:
    """Names for the ids in audit entries; `makers` has the creators of invitations, by invitation id."""

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
    """List a school's entries, or those that belong to no school, newest first."""
    title = (
        say("What happened in {school}", school=school.name)
        if school
        else say("What happened outside schools")
    )
    if not found:
        return Card(title, (Text(say("Nothing matches that search.")),))
    rows = tuple(
        (
            say("{at}", at=entry.at),
            _who(entry, names),
            _what(entry, names),
            verbatim(_where(entry)),
        )
        for entry in found
    )
    blocks: list[Block] = [Table((say("When"), say("Who"), say("What"), say("Where")), rows)]
    if more:
        older = "audit older" if school else "system older"
        blocks.append(next_page(say("Older"), Action(older, {"after": found[-1].id, **wanted})))
    return Card(title, tuple(blocks))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a school's log, or of the log of what belongs to no school, which has `total` entries."""

    school: School | None
    entries: Sequence[SealedEntry]
    total: int

    @property
    def title(self) -> Line:
        """The title of a card: whose log it is."""
        if self.school is None:
            return say("The audit log of what belongs to no school")
        return say("The audit log of {school}", school=self.school.name)

    @property
    def numbers(self) -> str:
        """The numbers of the first and last entry, for the name of a file."""
        return f"{self.entries[0].number}-{self.entries[-1].number}"

    @property
    def chain(self) -> str:
        """The id of the chain that the entries belong to."""
        return self.school.id if self.school else SYSTEM_CHAIN

    @property
    def alt(self) -> Line:
        """The alternative text of a file: which entries it has."""
        first, last = self.entries[0].number, self.entries[-1].number
        return say("Entries {first} to {last} of {total}", first=first, last=last, total=self.total)

    def again(self, label: Line, after: int, *, named: bool) -> Button:
        """Return a button that exports what follows an entry: sealed, or with names if `named`."""
        values = {"after": str(after), "names": as_typed(named)}
        if self.school is None:
            return Button(label, Action("system export", values))
        return Button(label, Action("audit export", {**values, "school": self.school.id}))

    def further(self, *, named: bool) -> list[Button]:
        """Return a button that exports the entries after these, if there are any."""
        last = self.entries[-1].number
        return [self.again(say("Next part"), last, named=named)] if last < self.total else []


def nothing(part: Part) -> Card:
    """Say that there are no further entries."""
    return Card(part.title, (Text(say("There are no further entries.")),))


def exported(part: Part, content: str) -> Card:
    """Hand over entries as a sealed file, in which any later change can be detected."""
    told = say("`homeroom audit verify FILE` checks that it is complete. It names people by their ids only.")
    named = part.again(say("With names, to read"), part.entries[0].number - 1, named=True)
    return Card(
        part.title,
        (
            File(f"audit-{part.chain}-{part.numbers}.jsonl", content.encode(), part.alt),
            Text(told),
            Actions((*part.further(named=False), named)),
        ),
    )


def readable(part: Part, names: Names, zone: ZoneInfo) -> Callable[[], Card]:
    """Return a deferred card with the entries as a spreadsheet, with today's names."""
    when = f"when ({zone.key})"
    header = ("number", when, "who", "where", "what", "to whom or what", "before", "after", "by id", "of id")
    rows = [_row(one, names, zone) for one in part.entries]
    told = say(
        "It contains today's names: keep it as safe as a roster. It proves nothing; the other file does."
    )

    def make_card() -> Card:
        further = part.further(named=True)
        blocks = (table(f"audit-{part.numbers}", header, rows, part.alt), Text(told))
        return Card(part.title, (*blocks, *([Actions(tuple(further))] if further else [])))

    return make_card


def _row(one: SealedEntry, names: Names, zone: ZoneInfo) -> tuple[str, ...]:
    entry = one.entry
    return (
        str(one.number),
        f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        plain(_who(entry, names)),
        _where(entry),
        action_words(entry.action),
        _whom(entry, names),
        *(_told(values, names) for values in (entry.old, entry.new)),
        entry.actor_id or "",
        entry.subject,
    )


def _told(values: Mapping[str, object], names: Names) -> str:
    return ", ".join(_change(name, None, value, names) for name, value in values.items())


def _where(entry: AuditEntry) -> str:
    return _FRONTS.get(entry.front) or platforms([entry.front])


def _who(entry: AuditEntry, names: Names) -> Line:
    if entry.actor_id:
        return verbatim(names.called.get(entry.actor_id, "?"))
    if entry.front == ONEROSTER:
        return say("OneRoster of the district")
    return say("SCIM of the district") if entry.front == SCIM else say("Automatic")


def _what(entry: AuditEntry, names: Names) -> Line:
    changed = [(name, entry.old.get(name), value) for name, value in entry.new.items()]
    maker = names.makers.get(entry.subject.partition(":")[2], "")
    if maker != names.called.get(entry.actor_id or ""):
        changed.insert(0, ("inviter", None, maker))
    # Left out: values that were empty and still are.
    changes = [_change(*one, names) for one in changed if any(part not in _NOTHING for part in one[1:])]
    # What was taken away has no new value; that somebody could act there goes without saying.
    gone = [(name, value) for name, value in entry.old.items() if name not in entry.new]
    changes += [f"{_shown(name)} was {_value(value, names)}" for name, value in gone if value not in _USUAL]
    whom = _whom(entry, names) if "person" not in entry.new else ""
    return verbatim(" · ".join(filter(None, (action_words(entry.action), whom, ", ".join(changes)))))


def _whom(entry: AuditEntry, names: Names) -> str:
    kind, _, thing = entry.subject.partition(":")
    return names.called.get(thing, "") if kind in _NAMED else ""


# The kinds of subject that an entry names, too. Schools are not among them: a log is about one school.
_NAMED = frozenset(
    {
        "person",
        "district",
        join_requests.KIND,
        invitations.KIND,
        FOLLOWER,
        "message_template",
        "role",
        "batch",
    }
)
_NOTHING: tuple[object, ...] = (None, False, "", [])
_USUAL = (*_NOTHING, Access.OK.value)


def _change(name: str, before: object, after: object, names: Names) -> str:
    if before is None:
        return f"{_shown(name)}: {_value(after, names)}"
    return f"{_shown(name)}: {_value(before, names)} → {_value(after, names)}"


def _shown(name: str) -> str:
    return name.replace("_", " ").removesuffix(" id")


def _value(value: object, names: Names) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_value(one, names) for one in value)
        case {"school": of, "role": role}:  # a role that an invitation grants
            return f"{role} ({names.called.get(str(of), 'another school')})"
        case {"school": of, "roles": list(roles), **more}:  # the result of accepting it in one school
            how = "waits" if more.get("waits") else str(more.get("why") or "")
            where = ", ".join(filter(None, (names.called.get(str(of), "another school"), how)))
            return f"{', '.join(map(str, roles))} ({where})"
        case _:
            said = str(value)
            _, _, of = said.rpartition(":")  # a scope is `district:<id>`
            return names.called.get(said) or names.called.get(of, said)
