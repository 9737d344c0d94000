"""Applies a sync that was agreed to, and stores what the source said and what was given, for the next run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from bot.core.oneroster.mirror import Mirror
from bot.core.oneroster.model import KIND, DistrictMembership, Mark
from bot.core.oneroster.wanted import Wanted
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters import applying, guard, planning
from bot.core.rosters.imports import Missing, Options, RosterImport, Step, StepKind
from bot.core.values import dataclass, replace

T = TypeVar("T")
# A sync neither moves nor invites people: it adds them, and removes those whom it had added.
OPTIONS = Options(Missing.SYNCED)


@dataclass(frozen=True, slots=True)
class AgreedSync:
    """A sync to apply: the import of its plan, if any, and whom to switch `off` (deactivate) and `on`."""

    mirror: Mirror
    want: Wanted
    roster: RosterImport | None
    off: Sequence[DistrictMembership]
    on: Sequence[DistrictMembership]


def apply(uow: UnitOfWork, actor: Actor, district_id: str, agreed: AgreedSync) -> None:
    """Apply a sync; the district's schools are locked, so that the facts are still those of the plan."""
    schools = {one.id: one for one in agreed.mirror.schools}
    if agreed.roster is not None:
        _write(uow, actor, agreed.roster)
        uow.oneroster_known.mark(district_id, _learned(uow, agreed, agreed.roster))
    for membership in agreed.off:
        lifecycle.change(uow, actor, schools[membership.school_id], membership.person_id, Verb.DEACTIVATE)
        mark = membership.mark or Mark()
        uow.oneroster_known.mark(
            district_id, {membership.membership_id: mark._replace(was=membership.access)}
        )
    for membership in agreed.on:
        # Restores the earlier access: a member who was suspended before is suspended again.
        was = Access(membership.mark.was if membership.mark and membership.mark.was else Access.OK.value)
        lifecycle.reactivate_to(uow, actor, schools[membership.school_id], membership.person_id, was)
    _keep(uow, district_id, agreed.mirror, agreed.want)


def _write(uow: UnitOfWork, actor: Actor, roster: RosterImport) -> None:
    tallies = applying.held(uow, actor, roster.id, OPTIONS)
    guard.refuse_crowd(uow, tallies)
    applying.write(uow, actor, replace(roster, front=KIND, started_at=uow.now), tallies)


def _learned(uow: UnitOfWork, agreed: AgreedSync, roster: RosterImport) -> dict[str, Mark]:
    """Record which person each user is, and return what was given to each membership."""
    want = agreed.want
    before = {(one.person_id, one.school_id): one for one in agreed.mirror.memberships}
    marks: dict[str, Mark] = {}
    # Steps without a row remove people.
    for step in (one for one in _steps(uow, roster) if one.place):
        name = want.sids[step.place]
        want.users[name] = want.users[name]._replace(person_id=step.person_id)
        if step.kind is StepKind.KEEP:
            continue
        given = want.given[step.place, step.school_id]
        membership = before.get((step.person_id, step.school_id))
        if step.kind is StepKind.ADD:
            marks[step.made] = given._replace(made=True, roles=given.roles or step.roles)
        elif membership is not None:  # a person who joined meanwhile is left to the next run
            was = membership.mark or Mark()
            marks[membership.membership_id] = given._replace(made=was.made, was=was.was)
    return marks


def _steps(uow: UnitOfWork, roster: RosterImport) -> Iterator[Step]:
    after = 0
    while found := uow.roster_steps.steps(roster.id, after=after, limit=planning.CHUNK):
        yield from found
        after = found[-1].number


def _keep(uow: UnitOfWork, district_id: str, mirror: Mirror, want: Wanted) -> None:
    """Store what the source has said, for the next run."""
    store = uow.oneroster_known
    store.drop_orgs(district_id, mirror.gone_orgs)
    store.drop_users(district_id, mirror.gone)
    store.drop_grants(district_id, mirror.gone_grants)
    store.put_orgs(district_id, _changed_entries(store.orgs(district_id), mirror.orgs))
    users = {key: one._replace(email="") for key, one in store.users(district_id).items()}
    store.put_users(district_id, _changed_entries(users, want.users))
    store.put_grants(district_id, _changed_entries(store.grants(district_id), mirror.grants))
    store.set_leaving(district_id, ())


def _changed_entries(before: Mapping[str, T], now: Mapping[str, T]) -> dict[str, T]:
    """Return only the entries that differ from what is stored."""
    return {key: one for key, one in now.items() if before.get(key) != one}
