"""Finds members by parts of their names and addresses, in order, without reading all of them.

Without words, a page of a list is a range of one index. With words, members whose name begins with the text
come first, then those whose address does: each a range of an index, too. The rest come from the trigram
index if they are at most a thousand; if they are more, reading the list in order soon fills a page. In small
schools all members are read. On SQLite newcomers enter the trigram index a little later, many at a time;
until then they are read one by one.

PostgreSQL would guess how many members match, and keep one plan for all texts. So the queries force which
index is used first, and contain the number of rows that are wanted.
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
from bot.core.people.people_filter import PeopleFilter
from bot.storage.migrations.searching import PARTS as PARTS_ON_POSTGRESQL
from bot.storage.people.name_parts import INDEXED_UP_TO, TRIGRAMS
from bot.storage.people.trigrams import distinctive_part, fts_query, has_trigram
from bot.storage.schools.places import in_place, schools_below
from bot.storage.statements import Row, Statement, contains, like
from bot.storage.tables import member_texts, memberships

_T = member_texts.c
_Order: TypeAlias = tuple[ColumnElement[str], ColumnElement[str]]
_Found: TypeAlias = Select[*tuple[str, str, str]] | CompoundSelect[*tuple[str, str, str]]
_BY_NAME: _Order = (_T.search_name, _T.membership_id)
_BY_EMAIL: _Order = (_T.email_key, _T.membership_id)
# PostgreSQL's catalogue of indexes.
_INDEXES = table("pg_index", column("indexrelid"), column("indisvalid"))
_MATCHES = literal_column("member_trigrams").op("MATCH")
_LAST = "\U0010ffff"
# Up to this many matches are fetched and sorted here; PostgreSQL is slow to return rows, but skips rows of an
# index fast. In a school with up to FEW members, all of them are read.
ENOUGH, ENOUGH_ON_POSTGRESQL = 1000, 300
FEW = 5000
# For a district: how many members are sorted at first, and then, before all of them are.
STEPS = (1000, 16_000)


@dataclass(frozen=True)
class Search:
    """A search in a school or district; `which` are further conditions on a row of `member_texts`."""

    connection: Connection
    wanted: PeopleFilter
    which: Sequence[ColumnElement[bool]]

    def ids(self, after: str | None, limit: int) -> list[str]:
        """List the ids of a page of memberships in order, beginning after the membership `after`."""
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
        """Return a page, in the same order, of memberships that were found in another way."""
        place = () if after is None else self._key(self._place(after))
        keys = sorted(self._key((one.search_name, one.email_key, one.membership_id)) for one in found)
        return [key[-1] for key in keys if key > place][:limit]

    def _key(self, row: tuple[str, str, str]) -> tuple[int, str, str]:
        name, email, of = row
        if name.startswith(self._name):
            return 0, name, of
        return (1, email, of) if email.startswith(self._text) else (2, name, of)

    def with_name(self) -> list[str]:
        """List the memberships of people whose whole name is the searched text."""
        query = select(_T.membership_id).where(
            in_place(self.wanted, _T.school_id), _T.search_name == fold_name(self.wanted.text)
        )
        return list(self.connection.execute(query).scalars())

    def by_index(self) -> list[str] | None:
        """List all matches by the trigram index; None if it cannot answer for the words, or they are many."""
        if not self._index_conditions:
            return None
        found = self._indexed_matches()
        return None if found is None else [one[0] for one in found]

    def all(self) -> Select[*tuple[str]]:
        """Return the query for the ids of all matching memberships, in no order."""
        return select(self._matches().subquery().c.membership_id)

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
        found = _WHERE[self.wanted.district_id is None].row(self.connection, of=after, **self._place_values)
        return (found[0], found[1], found[2]) if found else ("", "", "")

    def _listed(self, place: tuple[str, str], limit: int) -> list[str]:
        """List a page without words; in a district, where no index has the order of all members, in steps.

        So the further conditions are checked for a few, and for each of a million only if few fulfil them.
        """
        for most in STEPS if self.wanted.district_id is not None else ():
            some = self._page_query(_BY_NAME, place, most).subquery()
            these = select(_T.membership_id).join(some, some.c.membership_id == _T.membership_id)
            query = these.where(*self.which).order_by(*_BY_NAME).limit(self._number(limit))
            if len(found := self._ids(query)) == limit:
                return found
        return self._in_order(_BY_NAME, place, limit)

    def _in_order(
        self, by: _Order, place: tuple[str, str], limit: int, *also: ColumnElement[bool]
    ) -> list[str]:
        """List a page of the ids that fulfil some conditions, in an order, after a place in it."""
        return self._ids(self._page_query(by, place, limit, *also, *self.which))

    def _page_query(
        self, by: _Order, place: tuple[str, str], limit: int, *which: ColumnElement[bool]
    ) -> Select[*tuple[str]]:
        query = select(_T.membership_id).where(in_place(self.wanted, _T.school_id), *which)
        if any(place):  # from an empty place PostgreSQL would start at the first row, far from the matches
            query = query.where(tuple_(*by) > tuple_(*place))
        return query.order_by(*by).limit(self._number(limit))

    def _number(self, most: int) -> ColumnElement[int]:
        return bindparam("most", most, Integer, unique=True, literal_execute=self._on_postgresql)

    def _ids(self, query: Select[*tuple[str]]) -> list[str]:
        return list(self.connection.execute(query).scalars())

    def _rest(self, name: str, last: str, limit: int) -> list[str]:
        """List matches of which neither the name nor the address begins with the searched text."""
        if self._index_conditions and (some := self._indexed_matches()) is not None:
            rest = sorted(
                (one[1], one[0])
                for one in some
                if (one[1], one[0]) > (name, last)
                and not one[1].startswith(self._name)
                and not one[2].startswith(self._text)
            )
            return [of for _, of in rest[:limit]]
        others = (not_(self._named), not_(self._addressed))
        return self._in_order(_BY_NAME, (name, last), limit, *others, *self._word_conditions)

    def _indexed_matches(self) -> Sequence[tuple[str, str, str]] | None:
        """List all matches as (membership, name, address) by the trigram index; None if they are many."""
        enough = ENOUGH_ON_POSTGRESQL if self._on_postgresql else ENOUGH
        some = self.connection.execute(self._matches().limit(enough + 1)).all()
        return some if len(some) <= enough else None

    def _matches(self) -> _Found:
        query = select(_T.membership_id, _T.search_name, _T.email_key).where(
            *self._word_conditions, *self.which
        )
        asked = self._index_conditions
        if not asked:
            return query.where(in_place(self.wanted, _T.school_id))
        # As an expression, so that no index of schools is used: the trigram index should come first.
        here = in_place(self.wanted, _T.school_id.concat(""))
        if self._on_postgresql:
            return query.where(here).add_cte(_matches_cte(asked))
        taken_in = query.select_from(TRIGRAMS.join(member_texts, _T.number == TRIGRAMS.c.rowid))
        newcomers = query.where(_T.number > INDEXED_UP_TO)
        return union_all(taken_in.where(*asked, here), newcomers.where(here))

    @cached_property
    def _index_conditions(self) -> list[ColumnElement[bool]]:
        """The conditions for the trigram index; none if it cannot answer, or a school has few members."""
        words = self.wanted.words
        if self._on_postgresql:
            told = [distinctive_part(word) for word in words if has_trigram(word)]
            asked = [_contains_word(_T.search_name, _T.email_key, one) for one in told]
        else:
            parts = [part for word in words if (part := fts_query(word))]
            asked = [_MATCHES(" AND ".join(parts))] if parts else []
        return asked if asked and self._indexed() else []

    @property
    def _word_conditions(self) -> list[ColumnElement[bool]]:
        """The conditions that each word occurs in a name or an address, as expressions without an index."""
        if not self._on_postgresql:
            return _word_conditions(self.wanted)
        texts = (_T.search_name.concat(""), _T.email_key.concat(""))
        return [_contains_word(*texts, word) for word in self.wanted.words]

    @property
    def _on_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def _indexed(self) -> bool:
        """Return whether there is a trigram index, and more members than are read one by one."""
        known = _KNOWN_OF[self._on_postgresql, self.wanted.district_id is None]
        found = known.row(self.connection, most=FEW + 1, **self._place_values)
        return found is not None and found.number > FEW and found.indexed

    @property
    def _place_values(self) -> dict[str, str]:
        wanted = self.wanted
        return {"place": wanted.school_id if wanted.district_id is None else wanted.district_id}


def _begins(of: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return and_(of >= text, of < text + _LAST)


def _matches_cte(asked: Sequence[ColumnElement[bool]]) -> CTE:
    """Return a CTE that replaces `member_texts` with the matches of the trigram index."""
    given = select(_T.number, _T.membership_id, _T.school_id, _T.search_name, _T.email_key).where(*asked)
    return given.cte(member_texts.name).prefix_with("MATERIALIZED")


# These statements are part of each search, so they are compiled once. True is for a school, False a district.
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
# Not every PostgreSQL server can have a trigram index: it needs an extension.
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


def _word_conditions(wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions that each word occurs in a name or an address."""
    return [_contains_word(_T.search_name, _T.email_key, word) for word in wanted.words]


def _contains_word(name: ColumnElement[str], email: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return or_(like(name, contains(fold_name(word))), like(email, contains(word)))


def matches_words(wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions that a membership matches the words, checked without any index."""
    if not wanted.words:
        return []
    return [select(_T.number).where(_T.membership_id == memberships.c.id, *_word_conditions(wanted)).exists()]
