"""Converts rows to memberships, and tells in SQL which are active."""

from sqlalchemy import and_

from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.storage.statements import Row
from bot.storage.tables import memberships

# `Membership.active`, in SQL.
ACTIVE = and_(
    memberships.c.standing == Standing.ACTIVE.value,
    memberships.c.access == Access.OK.value,
    memberships.c.visibility == Visibility.LISTED.value,
)


def membership_of(row: Row) -> Membership:
    """Return the membership that a row holds."""
    return Membership(
        id=row.id,
        school_id=row.school_id,
        person_id=row.person_id,
        standing=Standing(row.standing),
        created_at=row.created_at,
        access=Access(row.access),
        visibility=Visibility(row.visibility),
        joined_at=row.joined_at,
    )
