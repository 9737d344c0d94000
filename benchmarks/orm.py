"""A redemption as it is usually written, with mapped classes and an AsyncSession over aiosqlite."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

from benchmarks.contenders import PRAGMAS, in_lanes
from bot.core.ids import new_id
from bot.storage import tables
from tests.world import START

_MAPPED = (
    "accounts",
    "assignments",
    "audit_entries",
    "audit_heads",
    "bans",
    "invitations",
    "memberships",
    "misses",
    "persons",
    "redemptions",
    "schools",
    "scim_users",
    "system_settings",
    "workspace_schools",
)
_Class: Any = type
_registry = registry()
# One class per table, with the table's columns as attributes.
_M: dict[str, _Class] = {name: type(name.title().replace("_", ""), (), {}) for name in _MAPPED}
for _name, _class in _M.items():
    _registry.map_imperatively(_class, getattr(tables, _name))


def sessions(path: Path) -> async_sessionmaker[AsyncSession]:
    """Open a file with one connection, since several writers at once would fail with "database is locked"."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0)

    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(
        engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE")
    )
    return async_sessionmaker(engine, expire_on_commit=False)


@dataclass
class UsualOrm:
    """Redeems for people who become members at once: it loads what is checked, and adds what results."""

    name: str
    sessions: async_sessionmaker[AsyncSession]
    code_index: str
    people: Iterator[int] = field(default_factory=lambda: count(2 * 10**17))

    async def redeem(self, operations: int, at_once: int) -> None:
        """Redeem in one session per person."""
        await in_lanes(operations, at_once, self._one)

    async def _one(self) -> None:
        subject = str(next(self.people))
        async with self.sessions() as session, session.begin():
            school, invitation = await self._looked(session, subject)
            invitation.uses_taken += 1
            person = _M["persons"](
                id=new_id(START), name="A New Person", search_name="a new person", created_at=START
            )
            session.add(person)
            await session.flush()
            session.add(
                _M["accounts"](issuer="discord", subject=subject, person_id=person.id, linked_at=START)
            )
            session.add(
                _M["memberships"](
                    id=new_id(START),
                    school_id=school.id,
                    person_id=person.id,
                    standing="active",
                    access="ok",
                    visibility="listed",
                    created_at=START,
                    joined_at=START,
                )
            )
            session.add(
                _M["assignments"](
                    person_id=person.id,
                    scope_kind="school",
                    scope_id=school.id,
                    role=school.default_role,
                    granted_by=invitation.created_by,
                    granted_at=START,
                )
            )
            session.add(
                _M["redemptions"](
                    id=new_id(START), invitation_id=invitation.id, person_id=person.id, redeemed_at=START
                )
            )
            await self._record(session, school, person, invitation)

    async def _looked(self, session: AsyncSession, subject: str) -> tuple[Any, Any]:
        """Load what a redemption checks; return the school and the invitation."""
        account, invitations, assignments = _M["accounts"], _M["invitations"], _M["assignments"]
        own = select(_M["persons"]).join(account, account.person_id == _M["persons"].id)
        await session.scalars(own.where(account.issuer == "discord", account.subject == subject))
        misses = _M["misses"]
        await session.scalars(select(misses).where(misses.key == subject).order_by(misses.id.desc()).limit(1))
        found = select(invitations).where(invitations.code_index == self.code_index)
        invitation = (await session.scalars(found)).one()
        school = await session.get_one(_M["schools"], invitation.school_id)
        await session.scalars(select(assignments).where(assignments.person_id == invitation.created_by))
        links, bans = _M["workspace_schools"], _M["bans"]
        banned = select(bans).join(links, links.workspace_id == bans.workspace_id)
        await session.scalars(banned.where(links.school_id == school.id, bans.subject == subject))
        users = _M["scim_users"]
        await session.scalars(select(users).where(users.person_id == subject))
        await session.scalars(select(_M["system_settings"]))
        return school, invitation

    async def _record(self, session: AsyncSession, school: Any, person: Any, invitation: Any) -> None:
        head = await session.get_one(_M["audit_heads"], school.id)
        head.number += 1
        head.hash = f"{head.number:064}"
        session.add(
            _M["audit_entries"](
                id=new_id(START),
                at=START,
                school_id=school.id,
                actor_id=person.id,
                front="discord",
                action="invitation.redeemed",
                subject=f"invitation:{invitation.id}",
                old={},
                new={"role": school.default_role, "standing": "active"},
                chain=school.id,
                number=head.number,
                hash=head.hash,
            )
        )
