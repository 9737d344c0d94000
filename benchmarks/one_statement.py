"""A redemption on PostgreSQL as one statement by asyncpg, the least that could be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import asyncpg

from benchmarks.contenders import in_lanes
from bot.core.ids import new_id
from tests.world import START

# Checks the invitation and its maker's role; the use is taken by one conditional update, as it must be.
_REDEEM = """
WITH used AS (
  UPDATE invitations SET uses_taken = uses_taken + 1
  WHERE code_index = $1 AND revoked_at IS NULL AND cleared_at IS NULL AND declined_at IS NULL
    AND locked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
    AND (uses_allowed IS NULL OR uses_taken < uses_allowed)
    AND EXISTS (SELECT 1 FROM assignments WHERE person_id = created_by)
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE issuer = 'discord' AND subject = $3)
    AND NOT EXISTS (SELECT 1 FROM bans WHERE bans.subject = $3)
  RETURNING id, school_id, created_by
), person AS (
  INSERT INTO persons (id, name, search_name, created_at)
  SELECT $4, 'A New Person', 'a new person', $2 FROM used
), account AS (
  INSERT INTO accounts (issuer, subject, person_id, linked_at) SELECT 'discord', $3, $4, $2 FROM used
), membership AS (
  INSERT INTO memberships (id, school_id, person_id, standing, access, visibility, created_at, joined_at)
  SELECT $5, school_id, $4, 'active', 'ok', 'listed', $2, $2 FROM used
), given AS (
  INSERT INTO assignments (person_id, scope_kind, scope_id, role, granted_by, granted_at)
  SELECT $4, 'school', school_id, default_role, used.created_by, $2
  FROM used JOIN schools ON schools.id = used.school_id
), redeemed AS (
  INSERT INTO redemptions (id, invitation_id, person_id, redeemed_at) SELECT $6, id, $4, $2 FROM used
), head AS (
  UPDATE audit_heads SET number = number + 1, hash = $7 FROM used WHERE chain = used.school_id
  RETURNING number
)
INSERT INTO audit_entries
  (id, at, school_id, actor_id, front, action, subject, old, new, chain, number, hash)
SELECT $8, $2, school_id, $4, 'discord', 'invitation.redeemed', 'invitation:' || used.id, '{}',
  '{"role": "Viewer", "standing": "active"}', school_id, number, $7
FROM used, head
"""


@dataclass
class OneStatement:
    """Sends the statement above, each time on a connection of a pool."""

    name: str
    pool: "asyncpg.Pool[asyncpg.Record]"
    code_index: str
    people: Iterator[int] = field(default_factory=lambda: count(3 * 10**17))

    async def redeem(self, operations: int, at_once: int) -> None:
        """Send `at_once` statements at the same time."""
        await in_lanes(operations, at_once, self._one)

    async def _one(self) -> None:
        subject = str(next(self.people))
        ids = [new_id(START) for _ in range(4)]
        done = await self.pool.execute(
            _REDEEM, self.code_index, START, subject, *ids[:3], f"{subject:>064}", ids[3]
        )
        if done != "INSERT 0 1":
            raise TypeError(f"Not redeemed: {done}")
