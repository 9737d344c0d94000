"""Settings of schools, and their billing details."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

from bot.core.requests.questions import Question
from bot.core.schools.billing import BillingDetails
from bot.core.schools.calendar import Weekday
from bot.core.schools.holidays import Holiday
from bot.core.schools.settings import SchoolSettings
from bot.core.values import asdict, dataclass
from bot.storage.statements import Row, Statement, insert_new
from bot.storage.tables import billing_details, school_settings

_OF = Statement(select(school_settings).where(school_settings.c.school_id == bindparam("of")))
_OWN = update(school_settings).where(school_settings.c.school_id == bindparam("of"))
_TIMED_AGAIN = (
    select(school_settings.c.school_id, school_settings.c.timed_to)
    .where(school_settings.c.timed_to >= "")
    .order_by(school_settings.c.timed_to, school_settings.c.school_id)
)
_BILLING = select(billing_details).where(billing_details.c.school_id == bindparam("of"))


def _settings(row: Row) -> SchoolSettings:
    kept = row._asdict()
    del kept["school_id"], kept["timed_to"]
    kept["digest_at"] = time.fromisoformat(row.digest_at) if row.digest_at else None
    kept["digest_days"] = tuple(Weekday(day) for day in row.digest_days.split())
    kept["holidays"] = tuple(Holiday(*map(date.fromisoformat, span)) for span in row.holidays)
    kept["questions"] = tuple(Question(text, required) for text, required in row.questions)
    return SchoolSettings(**kept)


def _row(settings: SchoolSettings) -> dict[str, Any]:
    kept = asdict(settings)
    kept["digest_at"] = settings.digest_at.isoformat("minutes") if settings.digest_at else None
    kept["digest_days"] = " ".join(settings.digest_days)
    kept["holidays"] = [[one.first.isoformat(), one.last.isoformat()] for one in settings.holidays]
    kept["questions"] = [[one.text, one.required] for one in settings.questions]
    return kept


@dataclass(frozen=True, slots=True)
class SqlSchoolSettings:
    """Settings of schools in the database."""

    connection: Connection

    def of(self, school_id: str) -> SchoolSettings:
        """Return a school's settings; the default ones if none are stored."""
        row = _OF.row(self.connection, of=school_id)
        return _settings(row) if row else SchoolSettings()

    def save(self, school_id: str, settings: SchoolSettings) -> None:
        """Store a school's settings."""
        self._put(school_settings, school_id, _row(settings))

    def reschedule(self, school_id: str, after: str | None) -> None:
        """Note the last pending request of a school that has its new due time; None when all have one.

        A sweep computes them in the order of the requests' ids, after the school's settings have changed.
        """
        self.connection.execute(_OWN.values(timed_to=after), {"of": school_id})

    def to_reschedule(self, limit: int) -> Sequence[tuple[str, str]]:
        """List schools whose pending requests need new due times, each with the last request that has one."""
        rows = self.connection.execute(_TIMED_AGAIN.limit(limit))
        return [(row.school_id, row.timed_to) for row in rows]

    def billing(self, school_id: str) -> BillingDetails:
        """Return a school's billing details."""
        row = self.connection.execute(_BILLING, {"of": school_id}).one_or_none()
        return BillingDetails(row.name, row.email, row.address, row.reference) if row else BillingDetails()

    def save_billing(self, school_id: str, details: BillingDetails) -> None:
        """Store a school's billing details."""
        self._put(billing_details, school_id, asdict(details))

    def _put(self, table: Table, school_id: str, values: Mapping[str, Any]) -> None:
        if not insert_new(self.connection, table, {"school_id": school_id, **values}):
            self.connection.execute(update(table).where(table.c.school_id == school_id).values(**values))
