"""Pages of a district's SCIM users, which clients request by offset, with the total number.

A client that reads page after page would make each page go through all users: a million for every hundred. So
this process remembers for a while where a page of all users ended, and the total. The next page begins there;
any other page counts the users and skips rows.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection, Select, and_, func, select

from bot.core.scim.queries import EVERYTHING, Query
from bot.core.values import dataclass, field
from bot.storage.scim.queries import (
    candidates,
    filter_condition,
    joined,
    members_of_schools,
    user_comparison,
    visible,
    with_account,
)
from bot.storage.tables import persons

_P = persons.c
# How long a total is reused, and how many ends of pages are remembered.
_REMEMBERED = timedelta(minutes=10)
_MOST = 1000
# How many of the district's next persons are checked at first.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class End:
    """The end of a page: its last person, the total number of users, and when they were counted."""

    person_id: str
    total: int
    counted_at: datetime


class Ends:
    """The ends of earlier pages of all users, by district and by the number of users up to there."""

    def __init__(self) -> None:
        """Begin without any ends."""
        self._known: OrderedDict[tuple[str, int], End] = OrderedDict()
        self._lock = Lock()

    def at(self, district_id: str, start: int, now: datetime) -> End | None:
        """Return the end of the page before the user at offset `start`; None if unknown or too old."""
        end = self._known.get((district_id, start))
        return end if end is not None and now - end.counted_at < _REMEMBERED else None

    def note(self, district_id: str, start: int, end: End) -> None:
        """Remember the end of a page, and drop the oldest one if there are too many."""
        with self._lock:
            self._known[district_id, start] = end
            while len(self._known) > _MOST:
                self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Pages:
    """The users of districts, page by page."""

    connection: Connection
    now: datetime
    named_administrators: frozenset[str]
    ends: Ends = field(default_factory=Ends)

    def page(self, district_id: str, query: Query, start: int, limit: int) -> tuple[int, list[str]]:
        """Return the number of users who match, and the person ids of a page of them."""
        walks = query == EVERYTHING and limit > 0
        end = self.ends.at(district_id, start, self.now) if walks else None
        if end is None:
            total, page = self._counted(district_id, query, start, limit)
            counted_at = self.now
        else:
            page, counted_at = self._after(district_id, end.person_id, limit), end.counted_at
            total = end.total if len(page) == limit else start + len(page)
        if walks and len(page) == limit:
            self.ends.note(district_id, start + limit, End(page[-1], total, counted_at))
        return total, page

    def _counted(self, district_id: str, query: Query, start: int, limit: int) -> tuple[int, list[str]]:
        """Return the total and a page by its offset, counting all users who match."""
        fits = and_(candidates(district_id, query), filter_condition(query, user_comparison(district_id)))
        wanted = and_(visible(district_id, self.named_administrators), fits)
        ids = select(_P.id, func.count().over().label("total")).select_from(joined(district_id)).where(wanted)
        some = ids.order_by(_P.id).offset(start).limit(limit)
        page = self.connection.execute(some).all() if limit > 0 else []
        if page:
            return int(page[0].total), [row.id for row in page]
        counted = select(func.count()).select_from(joined(district_id)).where(wanted)
        return (int(self.connection.execute(counted).scalar_one()) if start or limit <= 0 else 0), []

    def _after(self, district_id: str, person_id: str, limit: int) -> list[str]:
        """List the users after a person, checking the district's next persons in growing chunks."""
        found: list[str] = []
        most, after, last = CHUNK, person_id, self._last(district_id, person_id, CHUNK)
        while len(found) < limit:
            wanted = and_(
                visible(district_id, self.named_administrators),
                candidates(district_id, EVERYTHING, after, last),
            )
            ids = select(_P.id).select_from(joined(district_id)).where(wanted).order_by(_P.id)
            found += self.connection.execute(ids.limit(limit - len(found))).scalars()
            if last is None:
                break
            most *= 2
            after, last = last, self._last(district_id, last, most)
        return found

    def _last(self, district_id: str, after: str, most: int) -> str | None:
        """Return a person up to whom a district has about `most` more persons; None if fewer are left."""

        def place(of: Select[*tuple[str]]) -> str | None:
            (column,) = of.selected_columns
            query = of.where(column > after).order_by(column).offset(most - 1).limit(1)
            return self.connection.execute(query).scalar_one_or_none()

        places = [place(with_account(district_id)), place(members_of_schools(district_id))]
        return min((one for one in places if one is not None), default=None)
