"""Invitations and their redemptions."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, literal, or_, select, update

from bot.core.ids import earliest_id, hash_of
from bot.core.invitations.invitations import (
    Invitation,
    InvitationFilter,
    Redemption,
)
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace
from bot.storage.invitations.rows import COLUMNS, invitation_of, open_secrets, row_of
from bot.storage.invitations.states import (
    NOT_ENDED,
    UNANSWERED,
    USES_LEFT,
    due_when_ended,
    in_state,
    state_tests,
)
from bot.storage.schools.schools import HOLD, school_of
from bot.storage.statements import Row, Statement, in_parameters, in_values, unindexed
from bot.storage.tables import invitation_grants, invitations, mail_tokens, persons, redemptions, schools
from bot.storage.types import UtcDateTime
from bot.storage.vault import Vault

_BY_ID = Statement(select(*COLUMNS).where(invitations.c.id == bindparam("of")))
# Finds the invitation of a link in an e-mail. It is part of the statement that finds one by its own link, so
# that both kinds of links take the same time.
_MAILED = select(mail_tokens.c.invitation_id).where(mail_tokens.c.token_hash == bindparam("hash"))
_ADD = Statement(invitations.insert())
_ADD_REDEMPTION = Statement(redemptions.insert())

# The columns in which a text is searched for, and how many invitations are read at a time.
_SAID = select(
    *(invitations.c[name] for name in ("id", "sealed", "label", "note", "role", "addressee", "email")),
    persons.c.name,
).join(persons, persons.c.id == invitations.c.created_by)
_AT_ONCE = 1000

_LAST_USE = invitations.c.uses_taken + 1 >= invitations.c.uses_allowed
# One conditional update, so that concurrent redemptions never take the same use.
_TAKE_USE = Statement(
    update(invitations)
    .where(
        invitations.c.id == bindparam("of"),
        NOT_ENDED,
        invitations.c.locked_at.is_(None),
        or_(invitations.c.expires_at.is_(None), invitations.c.expires_at > bindparam("now")),
        USES_LEFT,
    )
    .values(
        uses_taken=invitations.c.uses_taken + 1,
        due_at=case(
            (_LAST_USE, due_when_ended(bindparam("now", type_=UtcDateTime()))), else_=invitations.c.due_at
        ),
    )
)
# An addressed invitation can no longer be revoked once it was accepted, declined or cleared.
_REVOCABLE = and_(NOT_ENDED, or_(invitations.c.person_id.is_(None), invitations.c.uses_taken == 0))
_REVOKE = Statement(
    update(invitations)
    .where(invitations.c.id == bindparam("of"), _REVOCABLE)
    .values(revoked_at=bindparam("at"), revoked_by=bindparam("by"))
)

_OPENED = Statement(
    update(invitations)
    .where(invitations.c.id == bindparam("of"))
    .values(
        opened_at=func.coalesce(invitations.c.opened_at, bindparam("at", type_=UtcDateTime())),
        openings=invitations.c.openings + 1,
    )
)


# The columns of an invitation's school, under names that no column of an invitation has.
_OF_SCHOOL = [column.label(f"{column.name}_of_school") for column in schools.c]


@cache
def _by_code(keys: int) -> Statement:
    """Return the query for an invitation by its code, when any of `keys` keys may have sealed it."""
    return Statement(select(*COLUMNS).where(_has_code(keys)))


@cache
def _by_token(keys: int) -> Statement:
    """Return the query for an invitation by a link's token, when any of `keys` keys may have sealed it."""
    return Statement(select(*COLUMNS).where(_has_token(keys)))


@cache
def _with_school(keys: int, *, code: bool, hold: bool) -> Statement:
    """Return the query for an invitation and its school, by a code or by a link's token."""
    query = select(*COLUMNS, *_OF_SCHOOL).join(schools, schools.c.id == invitations.c.school_id)
    query = query.where(_has_code(keys) if code else _has_token(keys))
    return Statement(query.with_for_update(of=schools, **HOLD) if hold else query)


def _has_code(keys: int) -> ColumnElement[bool]:
    return _is_one_of(invitations.c.code_index, keys)


def _has_token(keys: int) -> ColumnElement[bool]:
    return or_(_is_one_of(invitations.c.token_index, keys), invitations.c.id == _MAILED.scalar_subquery())


def _is_one_of(column: ColumnElement[str], number: int) -> ColumnElement[bool]:
    return or_(*(column == one for one in in_parameters("index", number)))


@dataclass(frozen=True, slots=True)
class SqlInvitations:
    """Invitations in the database."""

    connection: Connection
    vault: Vault

    def add(self, invitation: Invitation) -> None:
        """Add an invitation."""
        _ADD.run(self.connection, **row_of(invitation, self.vault))

    def _invitation(self, row: Row | None) -> Invitation | None:
        return invitation_of(row, self.vault) if row else None

    def _row_of(self, secret: str, query: Callable[[int], Statement], **more: str) -> Row | None:
        """Return the row of a secret, which any of the keys may have sealed."""
        indexes = self.vault.indexes(secret)
        return query(len(indexes)).row(self.connection, **in_values("index", indexes), **more)

    def by_code(self, code: str) -> Invitation | None:
        """Return the invitation with this normalised code."""
        return self._invitation(self._row_of(code, _by_code))

    def by_token(self, token: str) -> Invitation | None:
        """Return the invitation with this token, be it of its own link or of a link in an e-mail."""
        return self._invitation(self._row_of(token, _by_token, hash=hash_of(token)))

    def with_school(self, code: str, token: str, *, hold: bool) -> tuple[Invitation, School] | None:
        """Return the invitation with this code, or else with this token, and its school.

        With `hold`, which is only for units that write, the school cannot be archived until this unit ends.
        """
        query = partial(_with_school, code=bool(code), hold=hold)
        row = self._row_of(code, query) if code else self._row_of(token, query, hash=hash_of(token))
        return (invitation_of(row, self.vault), school_of(row[len(COLUMNS) :])) if row else None

    def by_id(self, invitation_id: str) -> Invitation | None:
        """Return the invitation with this id."""
        return self._invitation(_BY_ID.row(self.connection, of=invitation_id))

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        """Take one use of an invitation that is alive; False if it is not, or has no use left."""
        return _TAKE_USE.run(self.connection, of=invitation_id, now=now) > 0

    def take_use_or_retry(self, invitation_id: str, now: datetime) -> None:
        """Take one use of an invitation that this unit has found open; run it again if it no longer is."""
        _TAKE_USE.expect(self.connection, of=invitation_id, now=now)

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        """Mark an invitation as revoked; False if it had ended before."""
        return _REVOKE.run(self.connection, of=invitation_id, by=by, at=at) > 0

    def revoke_open_of(self, school_id: str, person_id: str, *, by: str | None, at: datetime) -> int:
        """Revoke a person's invitations to a school that have not ended; return how many these were."""
        query = (
            update(invitations)
            .where(
                unindexed(invitations.c.school_id) == school_id,
                invitations.c.created_by == person_id,
                _REVOCABLE,
            )
            .values(revoked_at=at, revoked_by=by, due_at=due_when_ended(literal(at, UtcDateTime())))
        )
        return self.connection.execute(query).rowcount

    def count_usable(self, school_id: str, now: datetime) -> int:
        """Count a school's invitations that can still be used."""
        over = (
            test for state, test in state_tests(now).items() if not state.alive
        )  # these all come before the states that are alive
        return self._count(invitations.c.school_id == school_id, ~or_(*over))

    def count_made_since(self, school_id: str, at: datetime) -> int:
        """Count the invitations that were made for a school after a moment."""
        # Ids begin with the time at which they were made, so the index of a school's ids narrows the search.
        since = (invitations.c.id >= earliest_id(at), invitations.c.created_at > at)
        return self._count(invitations.c.school_id == school_id, *since)

    def _count(self, *which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(invitations).where(*which)
        return self.connection.execute(query).scalar_one()

    def count_opening(self, invitation_id: str, at: datetime) -> None:
        """Note that the page of an invitation was opened once more."""
        _OPENED.run(self.connection, of=invitation_id, at=at)

    def add_redemption(self, redemption: Redemption) -> None:
        """Record that a person redeemed an invitation."""
        _ADD_REDEMPTION.defer(
            self.connection,
            id=redemption.id,
            invitation_id=redemption.invitation_id,
            person_id=redemption.person_id,
            redeemed_at=redemption.redeemed_at,
        )

    def listed(self, school_id: str, wanted: InvitationFilter, *, limit: int) -> Sequence[Invitation]:
        """List a school's invitations, newest first; codes of batches are included only in a text search."""
        which = _which(school_id, wanted)
        if wanted.text:
            found = list(islice(self._saying(school_id, wanted), limit))
            query = select(invitations).where(invitations.c.id.in_(found))
        else:
            query = select(invitations).where(which, invitations.c.batch_id.is_(None)).limit(limit)
        rows = self.connection.execute(query.order_by(invitations.c.id.desc()))
        return [invitation_of(row, self.vault) for row in rows]

    def _saying(self, school_id: str, wanted: InvitationFilter) -> Iterator[str]:
        """Yield the ids of the invitations that contain the text, newest first, reading only as needed."""
        last: InvitationFilter | None = wanted
        says = self._says(wanted)
        while last is not None:
            query = _SAID.where(_which(school_id, last)).order_by(invitations.c.id.desc()).limit(_AT_ONCE)
            rows = self.connection.execute(query).all()
            yield from (row.id for row in rows if says(row))
            last = replace(wanted, after=rows[-1].id) if len(rows) == _AT_ONCE else None

    def _says(self, searched: InvitationFilter) -> Callable[[Row], bool]:
        """Return the test whether an invitation contains the text that is searched for.

        Codes and links are sealed, so they are opened one by one to search for a part of them.
        """
        wanted, of_link = searched.text.casefold(), searched.part_of_link
        of_code = wanted.replace("-", "").upper()

        def says(row: Row) -> bool:
            if any(wanted in known.casefold() for known in row[2:] if known):
                return True
            if not searched.secrets:
                return False
            code, token = open_secrets(row, self.vault)
            return (of_code != "" and of_code in code) or (of_link != "" and of_link in token)

        return says


def _which(school_id: str, wanted: InvitationFilter) -> ColumnElement[bool]:
    """Return the SQL condition for the invitations that a filter selects, apart from its text."""
    c, granted = invitations.c, invitation_grants.c
    which = [c.school_id == school_id]
    if wanted.elsewhere:
        given = select(granted.invitation_id).where(granted.school_id == school_id)
        lasts = or_(c.expires_at.is_(None), c.expires_at > wanted.now)
        which = [c.school_id != school_id, c.id.in_(given), UNANSWERED, lasts]
    if wanted.state is not None and wanted.now is not None:
        which.append(in_state(wanted.state, wanted.now))
    if wanted.after is not None:
        which.append(invitations.c.id < wanted.after)
    return and_(*which)
