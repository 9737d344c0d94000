"""Who is found by parts of names and addresses, in order, without reading all there are.

A page of a list is a range of one index. Those whose name begins with what was typed are one, too, and come
first; then those whose address begins so. For the rest the index of parts gives a thousand at most; where
there are more, they are so many that going through the list in order soon meets a page of them. In small
schools all are read, whatever else the installation holds. On SQLite newcomers are taken into the index of
parts a little later, many together; until then they are read as they are.

PostgreSQL guesses how many have what was typed, and keeps a plan for all that may be typed later. So which
index leads is said in a way that leaves nothing to guess, and so is how many are wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
    tuple_,
    union_all,
)

from bot.core.name_matching import fold_name
from bot.core.people_filter import PeopleFilter
from bot.storage.migrations.searching import PARTS as PARTS_ON_POSTGRESQL
from bot.storage.name_parts import PARTS, UP_TO
from bot.storage.places import in_place, schools_below
from bot.storage.statements import Row, Statement, contains, like
from bot.storage.tables import member_texts, memberships
from bot.storage.trigrams import asked_for, has_part, telling

_T = member_texts.c
_Order: TypeAlias = tuple[ColumnElement[str], ColumnElement[str]]
_Found: TypeAlias = Select[*tuple[str, str, str]] | CompoundSelect[*tuple[str, str, str]]
_BY_NAME: _Order = (_T.search_name, _T.membership_id)
_BY_EMAIL: _Order = (_T.email_key, _T.membership_id)
# What PostgreSQL says of its indexes.
_INDEXES = table("pg_index", column("indexrelid"), column("indisvalid"))
_MATCHES = literal_column("member_trigrams").op("MATCH")
_LAST = "\U0010ffff"
# So many are sorted where they are found; and so many members of a school are read from first to last.
# PostgreSQL takes long to hand somebody over, and little to pass by one in an index.
ENOUGH, ENOUGH_ON_POSTGRESQL = 1000, 300
FEW = 5000
# So many members of a district are put in order before all of them are.
STEPS = (1000, 16_000)


@dataclass(frozen=True)
class Search:
    """A search in a place; `which` is what else must hold of a row of `member_texts`."""

    connection: Connection
    wanted: PeopleFilter
    which: Sequence[ColumnElement[bool]]

    def ids(self, after: str | None, limit: int) -> list[str]:
        """List memberships from the one that comes after `after` on."""
        name, email, last = self._place(after)
        if not self.wanted.words:
            return self._listed((name, last), limit)
        named, addressed = self._named, self._addressed
        found: list[str] = []
        if after is None or name.startswith(self._name):
            found += self._in_order(_BY_NAME, (name, last), limit, named)
            name, email, last = "", "", ""
        if len(found) < limit and (not last or email.startswith(self._text)):
            found += self._in_order(_BY_EMAIL, (email, last), limit - len(found), addressed, not_(named))
            name, last = "", ""
        if len(found) < limit:
            found += self._rest(name, last, limit - len(found))
        return found

    def in_order(self, found: Sequence[Row], after: str | None, limit: int) -> list[str]:
        """Put some who were found otherwise in the same order, from the one that comes after `after` on."""
        place = () if after is None else self._key(self._place(after))
        keys = sorted(self._key((one.search_name, one.email_key, one.membership_id)) for one in found)
        return [key[-1] for key in keys if key > place][:limit]

    def _key(self, row: tuple[str, str, str]) -> tuple[int, str, str]:
        name, email, of = row
        if name.startswith(self._name):
            return 0, name, of
        return (1, email, of) if email.startswith(self._text) else (2, name, of)

    def called(self) -> list[str]:
        """Find those whose name is what is searched for."""
        query = select(_T.membership_id).where(
            in_place(self.wanted, _T.school_id), _T.search_name == fold_name(self.wanted.text)
        )
        return list(self.connection.execute(query).scalars())

    def some(self) -> list[str] | None:
        """Find all by the index of parts; None where it knows nothing of the words, or they are many."""
        if not self._asked:
            return None
        found = self._enough()
        return None if found is None else [one[0] for one in found]

    def all(self) -> Select[*tuple[str]]:
        """Search for all memberships, in no order."""
        return select(self._found().subquery().c.membership_id)

    @property
    def _text(self) -> str:
        return " ".join(self.wanted.words)

    @property
    def _name(self) -> str:
        return fold_name(self._text)

    @property
    def _named(self) -> ColumnElement[bool]:
        return _begins(_T.search_name, self._name)

    @property
    def _addressed(self) -> ColumnElement[bool]:
        return _begins(_T.email_key, self._text)

    def _place(self, after: str | None) -> tuple[str, str, str]:
        if after is None:
            return "", "", ""
        found = _WHERE[self.wanted.district_id is None].row(self.connection, of=after, **self._here)
        return (found[0], found[1], found[2]) if found else ("", "", "")

    def _listed(self, place: tuple[str, str], limit: int) -> list[str]:
        """Go through the list from a place on; in a district, whose members have no order, in steps.

        What else must hold is asked of some, and of each of a million only where few are so.
        """
        for most in STEPS if self.wanted.district_id is not None else ():
            some = self._through(_BY_NAME, place, most).subquery()
            these = select(_T.membership_id).join(some, some.c.membership_id == _T.membership_id)
            query = these.where(*self.which).order_by(*_BY_NAME).limit(self._number(limit))
            if len(found := self._ids(query)) == limit:
                return found
        return self._in_order(_BY_NAME, place, limit)

    def _in_order(
        self, by: _Order, place: tuple[str, str], limit: int, *also: ColumnElement[bool]
    ) -> list[str]:
        """Go through the list from a place on."""
        return self._ids(self._through(by, place, limit, *also, *self.which))

    def _through(
        self, by: _Order, place: tuple[str, str], limit: int, *which: ColumnElement[bool]
    ) -> Select[*tuple[str]]:
        query = select(_T.membership_id).where(in_place(self.wanted, _T.school_id), *which)
        if any(place):  # PostgreSQL would begin at such a place, however far from what was typed it is
            query = query.where(tuple_(*by) > tuple_(*place))
        return query.order_by(*by).limit(self._number(limit))

    def _number(self, most: int) -> ColumnElement[int]:
        return bindparam("most", most, Integer, unique=True, literal_execute=self._on_postgresql)

    def _ids(self, query: Select[*tuple[str]]) -> list[str]:
        return list(self.connection.execute(query).scalars())

    def _rest(self, name: str, last: str, limit: int) -> list[str]:
        """List those who are found, but begin with what was typed neither by name nor by address."""
        if self._asked and (some := self._enough()) is not None:
            rest = sorted(
                (one[1], one[0])
                for one in some
                if (one[1], one[0]) > (name, last)
                and not one[1].startswith(self._name)
                and not one[2].startswith(self._text)
            )
            return [of for _, of in rest[:limit]]
        others = (not_(self._named), not_(self._addressed))
        return self._in_order(_BY_NAME, (name, last), limit, *others, *self._holding)

    def _enough(self) -> Sequence[tuple[str, str, str]] | None:
        """Find all by the index of parts, as membership, name and address; None where they are many."""
        enough = ENOUGH_ON_POSTGRESQL if self._on_postgresql else ENOUGH
        some = self.connection.execute(self._found().limit(enough + 1)).all()
        return some if len(some) <= enough else None

    def _found(self) -> _Found:
        query = select(_T.membership_id, _T.search_name, _T.email_key).where(*self._holding, *self.which)
        asked = self._asked
        if not asked:
            return query.where(in_place(self.wanted, _T.school_id))
        # Said so that no index of schools is gone by: the index of parts is to lead.
        here = in_place(self.wanted, _T.school_id.concat(""))
        if self._on_postgresql:
            return query.where(here).add_cte(_instead(asked))
        taken_in = query.select_from(PARTS.join(member_texts, _T.number == PARTS.c.rowid))
        newcomers = query.where(_T.number > UP_TO)
        return union_all(taken_in.where(*asked, here), newcomers.where(here))

    @cached_property
    def _asked(self) -> list[ColumnElement[bool]]:
        """Say what the index of parts is asked for; nothing where it knows nothing, or all are few."""
        words = self.wanted.words
        if self._on_postgresql:
            told = [telling(word) for word in words if has_part(word)]
            asked = [_holds(_T.search_name, _T.email_key, one) for one in told]
        else:
            parts = [part for word in words if (part := asked_for(word))]
            asked = [_MATCHES(" AND ".join(parts))] if parts else []
        return asked if asked and self._indexed() else []

    @property
    def _holding(self) -> list[ColumnElement[bool]]:
        """Say in SQL that each word stands in a name or an address, so that no index is gone by for it."""
        if not self._on_postgresql:
            return _holding(self.wanted)
        texts = (_T.search_name.concat(""), _T.email_key.concat(""))
        return [_holds(*texts, word) for word in self.wanted.words]

    @property
    def _on_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def _indexed(self) -> bool:
        """Tell whether there is an index of parts, and so many members that reading all is more."""
        known = _KNOWN_OF[self._on_postgresql, self.wanted.district_id is None]
        found = known.row(self.connection, most=FEW + 1, **self._here)
        return found is not None and found.number > FEW and found.indexed

    @property
    def _here(self) -> dict[str, str]:
        wanted = self.wanted
        return {"place": wanted.school_id if wanted.district_id is None else wanted.district_id}


def _begins(of: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return and_(of >= text, of < text + _LAST)


def _instead(asked: Sequence[ColumnElement[bool]]) -> CTE:
    """Put those whom the index of parts gives in the place of all; whatever else is asked comes after."""
    given = select(_T.number, _T.membership_id, _T.school_id, _T.search_name, _T.email_key).where(*asked)
    return given.cte(member_texts.name).prefix_with("MATERIALIZED")


# Asked at each search, so they are written once: by whether the place is one school.
_PLACES = {
    True: _T.school_id == bindparam("place"),
    False: _T.school_id.in_(schools_below(bindparam("place"))),
}
_WHERE = {
    one: Statement(
        select(_T.search_name, _T.email_key, _T.membership_id).where(
            _T.membership_id == bindparam("of"), here
        )
    )
    for one, here in _PLACES.items()
}
# Not every server of PostgreSQL can have an index of parts.
_INDEXED = {
    True: select(_INDEXES.c.indexrelid)
    .where(_INDEXES.c.indexrelid == func.to_regclass(PARTS_ON_POSTGRESQL), _INDEXES.c.indisvalid)
    .exists(),
    False: true(),
}
_KNOWN_OF = {
    (on_postgresql, one): Statement(
        select(func.count().label("number"))
        .add_columns(indexed.label("indexed"))
        .select_from(select(_T.membership_id).where(here).limit(bindparam("most", type_=Integer)).subquery())
    )
    for on_postgresql, indexed in _INDEXED.items()
    for one, here in _PLACES.items()
}


def _holding(wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """Say in SQL that each word stands in a name or an address."""
    return [_holds(_T.search_name, _T.email_key, word) for word in wanted.words]


def _holds(name: ColumnElement[str], email: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return or_(like(name, contains(fold_name(word))), like(email, contains(word)))


def of_membership(wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """Say in SQL of a membership that whoever has it is found; all are read for it."""
    if not wanted.words:
        return []
    return [select(_T.number).where(_T.membership_id == memberships.c.id, *_holding(wanted)).exists()]
