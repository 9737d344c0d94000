"""Roster drift: how the members of a school or district differ from the last imported rosters."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rosters.drift import Difference, Drift, Drifter, LastRoster
from bot.core.schools import reports
from bot.core.schools.reports import Scope, Subject
from bot.core.schools.schools import School
from bot.core.values import dataclass

# How many people a file lists at most.
MOST_NAMED = 50_000


@dataclass(frozen=True, slots=True)
class RosterDrift:
    """Counts of how people differ from the last roster of their school; `people` only if asked for."""

    of: Subject
    last: tuple[LastRoster, ...]
    drift: tuple[Drift, ...]
    people: tuple[Drifter, ...]

    @property
    def total(self) -> Mapping[Difference, int]:
        """People by difference, over all schools."""
        found: Counter[Difference] = Counter()
        for one in self.drift:
            found[one.difference] += one.number
        return {difference: found[difference] for difference in Difference if found[difference]}

    @property
    def differing(self) -> int:
        """How many people differ from their roster."""
        return sum(number for difference, number in self.total.items() if difference is not Difference.NONE)

    @property
    def by_school(self) -> Sequence[tuple[str, Mapping[Difference, int]]]:
        """People by school and difference, most differences first; only schools with a roster."""
        own: dict[str, dict[Difference, int]] = {one.school_id: {} for one in self.last}
        for one in self.drift:
            own[one.school_id][one.difference] = one.number
        named = [(name, own[school_id]) for school_id, name in self.of.schools if school_id in own]
        return sorted(named, key=lambda one: one[1].get(Difference.NONE, 0) - sum(one[1].values()))

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of the rosters was imported; None if there are none."""
        return min((one.at for one in self.last), default=None)

    @property
    def without(self) -> int:
        """How many schools have no roster."""
        return len(self.of.schools) - len(self.last)


def drift(uow: UnitOfWork, actor: Actor, school: School, scope: Scope, *, named: bool) -> RosterDrift:
    """Compare members with the last roster of their school; allowed to those who could import one."""
    of = reports.subject(uow, actor, school, scope)
    if of.place.district_id is None:
        access.require(uow, actor, Permission.ROSTER_IMPORT, school)
    else:
        access.require_over(uow, actor, Permission.ROSTER_IMPORT, of.place.district_id)
    last = tuple(uow.reports.last_rosters(of.place))
    schools: defaultdict[str, list[str]] = defaultdict(list)
    for one in last:
        schools[one.import_id].append(one.school_id)
    counted = [one for import_id, own in schools.items() for one in uow.reports.drift(import_id, own)]
    people = (one for import_id, own in schools.items() for one in uow.reports.drifters(import_id, own))
    return RosterDrift(of, last, tuple(counted), tuple(islice(people, MOST_NAMED)) if named else ())
