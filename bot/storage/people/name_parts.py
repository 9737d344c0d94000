"""Adds newcomers to SQLite's trigram index, many at a time; PostgreSQL maintains its index itself."""

from sqlalchemy import Connection, Integer, bindparam, column, func, insert, select, table, update

from bot.core.values import dataclass
from bot.storage.statements import Statement
from bot.storage.tables import member_texts

_T = member_texts.c
_UNTIL = table("member_trigrams_until", column("number", Integer))
# SQLite's trigram index, by the `number` of rows of `member_texts`, and the last number that is in it.
TRIGRAMS = table("member_trigrams", column("rowid"), column("search_name"), column("email_key"))
INDEXED_UP_TO = select(_UNTIL.c.number).scalar_subquery()
_NEXT = (
    select(_T.number)
    .where(_T.number > INDEXED_UP_TO)
    .order_by(_T.number)
    .limit(bindparam("most", type_=Integer))
)
_LAST = Statement(select(func.max(_NEXT.subquery().c.number).label("number")))
_TAKE_IN = Statement(
    insert(TRIGRAMS).from_select(
        ["rowid", "search_name", "email_key"],
        select(_T.number, _T.search_name, _T.email_key).where(
            _T.number > INDEXED_UP_TO, _T.number <= bindparam("last", type_=Integer)
        ),
    )
)
_REMEMBER = Statement(update(_UNTIL).values(number=bindparam("last", type_=Integer)))


@dataclass(frozen=True, slots=True)
class SqlNameParts:
    """The index by which members are found by the middle of their names and addresses."""

    connection: Connection

    def index_newcomers(self, most: int) -> int:
        """Add at most this many newcomers to the index; return how many were added."""
        if self.connection.dialect.name != "sqlite":
            return 0
        found = _LAST.row(self.connection, most=most)
        if found is None or found.number is None:
            return 0
        taken = _TAKE_IN.run(self.connection, last=found.number)
        _REMEMBER.run(self.connection, last=found.number)
        return taken
