"""The audit log, whose entries form hash chains."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from bot.core.audit import GENESIS, AuditEntry, SealedEntry, chain_of, pieces, seal
from bot.core.name_matching import fold_name
from bot.core.rosters.imports import KIND as ROSTER
from bot.core.rosters.imports import StepKind
from bot.core.values import dataclass
from bot.storage.statements import Row, Statement, Values, contains, insert_new, like, unindexed
from bot.storage.tables import audit_entries, audit_heads, invitations, join_requests, persons, roster_rows

_ADD = Statement(insert(audit_entries))
_HEAD = Statement(
    select(audit_heads.c.number, audit_heads.c.hash).where(audit_heads.c.chain == bindparam("of"))
)
_ADVANCE = Statement(
    update(audit_heads)
    .where(audit_heads.c.chain == bindparam("of"))
    .values(number=bindparam("reached"), hash=bindparam("sealed"))
)
# On PostgreSQL the server seals an entry: in one round trip, and with the chain locked only from then on.
_ENTRY = ("id", "at", "school_id", "actor_id", "front", "action", "subject", "old", "new", "chain")
_its = {name: bindparam(f"its_{name}", type_=audit_entries.c[name].type) for name in _ENTRY}
_reached = audit_heads.c.number + 1
_text = func.concat(
    bindparam("before", type_=Text),
    _reached,
    bindparam("between", type_=Text),
    audit_heads.c.hash,
    bindparam("after", type_=Text),
)
_sealed = (
    update(audit_heads)
    .where(audit_heads.c.chain == _its["chain"])
    .values(number=_reached, hash=func.encode(func.sha256(func.convert_to(_text, "UTF8")), "hex"))
    .returning(audit_heads.c.number, audit_heads.c.hash)
    .cte("sealed")
)
_ADD_SEALED = Statement(
    insert(audit_entries).from_select(
        [*_ENTRY, "number", "hash"], select(*_its.values(), _sealed.c.number, _sealed.c.hash)
    )
)
_AT = Statement(
    select(audit_entries.c.at).where(
        audit_entries.c.chain == bindparam("of"), audit_entries.c.number == bindparam("number")
    )
)
_CHAIN = (
    select(audit_entries).where(audit_entries.c.chain == bindparam("of")).order_by(audit_entries.c.number)
)

# `audit.action_words`, in SQL.
_WORDS = func.replace(func.replace(audit_entries.c.action, ".", " "), "_", " ")

# Up to this many entries of a person are listed by number in the query.
FEW = 1000


@dataclass(frozen=True, slots=True)
class SqlAudit:
    """The audit log in the database."""

    connection: Connection

    def add(self, entry: AuditEntry) -> None:
        """Append an entry to its chain."""
        row = {
            "id": entry.id,
            "at": entry.at,
            "school_id": entry.school_id,
            "actor_id": entry.actor_id,
            "front": entry.front,
            "action": entry.action,
            "subject": entry.subject,
            "old": dict(entry.old),
            "new": dict(entry.new),
            "chain": chain_of(entry),
        }
        append = self._add_sealed if self.connection.dialect.name == "postgresql" else self._seal_and_add
        if not append(entry, row):
            insert_new(self.connection, audit_heads, {"chain": row["chain"], "number": 0, "hash": GENESIS})
            append(entry, row)

    def _seal_and_add(self, entry: AuditEntry, row: Values) -> bool:
        """Seal an entry here and add it, on SQLite with its one writer; False if its chain has not begun."""
        head = _HEAD.row(self.connection, of=row["chain"])
        if head is None:
            return False
        number, sealed = head.number + 1, seal(entry, head.number + 1, head.hash)
        _ADD.run(self.connection, **row, number=number, hash=sealed)
        _ADVANCE.run(self.connection, of=row["chain"], reached=number, sealed=sealed)
        return True

    def _add_sealed(self, entry: AuditEntry, row: Values) -> bool:
        """Add an entry that PostgreSQL seals; False if its chain has not begun."""
        before, between, after = pieces(entry)
        values = {f"its_{name}": value for name, value in row.items()}
        return _ADD_SEALED.run(self.connection, **values, before=before, between=between, after=after) > 0

    def listed(
        self,
        school_id: str,
        *,
        action: str,
        person_id: str | None,
        after: str | None,
        limit: int,
        first: int = 1,
        last: int | None = None,
    ) -> Sequence[AuditEntry]:
        """List a school's entries, newest first, filtered by words of the action, a person and numbers."""
        query = (
            select(audit_entries)
            .where(audit_entries.c.chain == school_id)
            .order_by(audit_entries.c.number.desc())
            .limit(limit)
        )
        asked = [like(_WORDS, contains(action))] if action else []
        if person_id is not None:
            asked.append(self._concerns(school_id, person_id, asked))
        query = query.where(*asked)
        if after is not None:
            seen = select(audit_entries.c.number).where(
                audit_entries.c.id == after, audit_entries.c.chain == school_id
            )
            query = query.where(audit_entries.c.number < seen.scalar_subquery())
        if first > 1:
            query = query.where(audit_entries.c.number >= first)
        if last is not None:
            query = query.where(audit_entries.c.number <= last)
        return [_entry(row) for row in self.connection.execute(query)]

    def _concerns(
        self, school_id: str, person_id: str, also: Sequence[ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """Return the condition for entries that concern a person: few by number, many by their content."""
        ids = [
            person_id,
            *self.connection.scalars(select(persons.c.id).where(persons.c.merged_into == person_id)),
        ]
        ways = [audit_entries.c.actor_id.in_(ids), *_about(ids, school_id)]
        here = (unindexed(audit_entries.c.chain) == school_id, *also)
        some = union_all(*(select(audit_entries.c.number).where(way, *here) for way in ways)).limit(FEW + 1)
        found = self.connection.execute(some).scalars().all()
        return or_(*ways) if len(found) > FEW else audit_entries.c.number.in_(set(found))

    def first_since(self, name: str, moment: datetime) -> int:
        """Return the number of a chain's first entry since a moment, which may be yet to come.

        Entries are numbered in the order of their times, so halving finds it, and times need no index.
        """
        low, high = 1, self.head(name)[0] + 1
        while low < high:
            middle = (low + high) // 2
            entry = _AT.row(self.connection, of=name, number=middle)
            if entry is not None and entry.at < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def ids_by_name(self, school_id: str, name: str) -> Sequence[str]:
        """List the ids of persons of a name who occur in a school's entries, even if they have left it."""
        here = unindexed(audit_entries.c.chain) == school_id
        did = exists().where(audit_entries.c.actor_id == persons.c.id, here)
        done_to = exists().where(audit_entries.c.subject == literal("person:").concat(persons.c.id), here)
        called = (persons.c.search_name == fold_name(name), persons.c.erased_at.is_(None))
        now = func.coalesce(persons.c.merged_into, persons.c.id).label("now")
        query = select(now).where(*called, or_(did, done_to)).distinct()
        return self.connection.execute(query.order_by("now")).scalars().all()

    def last(self, chain: str, subjects: Sequence[str], actions: Collection[str]) -> AuditEntry | None:
        """Return a chain's newest entry about one of these subjects with one of these actions."""
        query = select(audit_entries).where(
            audit_entries.c.subject.in_(subjects),
            audit_entries.c.chain == chain,
            audit_entries.c.action.in_(actions),
        )
        newest = query.order_by(audit_entries.c.number.desc()).limit(1)
        row = self.connection.execute(newest).one_or_none()
        return _entry(row) if row else None

    def chains_about(self, person_ids: Sequence[str]) -> Sequence[str]:
        """List the chains with an entry whose subject is one of these persons."""
        subjects = [f"person:{one}" for one in person_ids]
        query = select(audit_entries.c.chain).where(audit_entries.c.subject.in_(subjects)).distinct()
        return self.connection.execute(query.order_by(audit_entries.c.chain)).scalars().all()

    def by_id(self, entry_id: str) -> AuditEntry | None:
        """Return the entry with this id."""
        query = select(audit_entries).where(audit_entries.c.id == entry_id)
        row = self.connection.execute(query).one_or_none()
        return _entry(row) if row else None

    def chains(self) -> Sequence[str]:
        """List all chains."""
        query = select(audit_heads.c.chain).order_by(audit_heads.c.chain)
        return self.connection.execute(query).scalars().all()

    def head(self, name: str) -> tuple[int, str]:
        """Return the number of entries of a chain, and the hash of the last one."""
        query = select(audit_heads.c.number, audit_heads.c.hash).where(audit_heads.c.chain == name)
        row = self.connection.execute(query).one_or_none()
        return (row.number, row.hash) if row else (0, GENESIS)

    def chain(self, name: str, *, after: int = 0, limit: int | None = None) -> Iterator[SealedEntry]:
        """Yield the entries of a chain in order, beginning after the entry number `after`."""
        query = _CHAIN.where(audit_entries.c.number > after).limit(limit)
        for row in self.connection.execute(query, {"of": name}):
            yield SealedEntry(_entry(row), row.number, row.hash)


def _about(ids: Sequence[str], school_id: str) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that an entry is about these persons, their requests, invitations or imports."""
    subject = audit_entries.c.subject
    yield subject.in_([f"person:{one}" for one in ids])
    for kind, table in (("join_request", join_requests), ("invitation", invitations)):
        theirs = select(literal(f"{kind}:").concat(table.c.id)).where(table.c.person_id.in_(ids))
        yield subject.in_(theirs)
    steps = roster_rows.c
    changed = steps.kind.not_in([StepKind.KEEP.value, StepKind.SAME.value])
    imports = select(literal(f"{ROSTER}:").concat(steps.import_id))
    yield subject.in_(imports.where(steps.person_id.in_(ids), steps.school_id == school_id, changed))


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        school_id=row.school_id,
        actor_id=row.actor_id,
        front=row.front,
        action=row.action,
        subject=row.subject,
        old=row.old,
        new=row.new,
    )
