"""The contract of every store for the numbers of reports."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bot.core.ids import earliest_id, new_id
from bot.core.invitations.addressees import Addressee, Way
from bot.core.invitations.batches import Batch
from bot.core.invitations.invitations import Invitation
from bot.core.people.members import Access, Standing, Visibility
from bot.core.people.people_filter import Status
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import Person
from bot.core.schools.districts import District
from bot.core.schools.report_ports import (
    FunnelCounts,
    GroupedBy,
    InvitationKind,
    Period,
    Place,
    Tally,
    WaitingRequests,
)
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Whatever `build` makes is made shortly after START.
NOW = Period(START - DAY, START + DAY)


def _district(uow: UnitOfWork) -> tuple[Place, School, School]:
    """Make a district with two open schools and an archived one, and a school of another district."""
    north, south = (District(build.fresh_id(), name, START) for name in ("North", "South"))
    for one in (north, south):
        uow.districts.add(one)
    oak = build.school(uow, "oak", district_id=north.id)
    elm = build.school(uow, "Elm", district_id=north.id)
    gone = build.school(uow, "Ash", district_id=north.id)
    build.membership(uow, gone, build.person(uow))
    uow.schools.save(replace(gone, archived_at=START))
    build.membership(uow, build.school(uow, "Fir", district_id=south.id), build.person(uow))
    return Place(oak.id, north.id), oak, elm


async def test_a_report_is_of_a_school_or_of_those_at_work_in_its_district(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        place, oak, elm = _district(uow)
        assert list(uow.reports.schools(place)) == [(elm.id, "Elm"), (oak.id, "oak")]
        assert list(uow.reports.schools(Place(oak.id))) == [(oak.id, "oak")]
        assert list(uow.reports.standings(place)) == []
        assert list(uow.reports.roles(Place(oak.id))) == []

    await store.run(unit)


def _people(uow: UnitOfWork, of: School, *roles: Sequence[str]) -> list[Person]:
    made = []
    for place, own in enumerate(roles):
        made.append(build.person(uow, f"P{place}"))
        build.membership(uow, of, made[-1])
        for role in own:
            uow.members.assign(made[-1].id, role, of.id, by=None, at=START)
    return made


async def test_members_are_counted_by_status_and_by_role(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        place, oak, elm = _district(uow)
        first, second, *_ = _people(uow, oak, ["Staff", "Observer"], ["Staff"], [], ["Viewer"])
        (third,) = _people(uow, elm, ["Staff"])
        uow.members.assign(third.id, "Observer", oak.id, by=None, at=START)  # a role without a membership
        uow.districts.assign(third.id, "District User", place.district_id or "", by=None, at=START)
        own = uow.members.of(oak.id, first.id)
        assert own is not None
        uow.members.change(
            replace(own, access=Access.SUSPENDED, visibility=Visibility.ARCHIVED), expected=own
        )
        other = uow.members.of(oak.id, second.id)
        assert other is not None
        uow.members.change(replace(other, access=Access.DEACTIVATED), expected=other)
        build.membership(uow, elm, build.person(uow, "Q"), Standing.PENDING)
        in_oak = [
            Tally(oak.id, Status.ACTIVE, 2),
            Tally(oak.id, Status.ARCHIVED, 1),
            Tally(oak.id, Status.DEACTIVATED, 1),
        ]
        assert list(uow.reports.standings(Place(oak.id))) == in_oak
        in_elm = [Tally(elm.id, Status.ACTIVE, 1), Tally(elm.id, Status.PENDING, 1)]
        assert list(uow.reports.standings(place)) == [*in_oak, *in_elm]
        assert list(uow.reports.roles(place)) == [
            Tally(oak.id, Status.ACTIVE, 1),
            Tally(oak.id, Status.ARCHIVED, 1, "Observer"),
            Tally(oak.id, Status.ARCHIVED, 1, "Staff"),
            Tally(oak.id, Status.DEACTIVATED, 1, "Staff"),
            Tally(oak.id, Status.ACTIVE, 1, "Viewer"),
            Tally(elm.id, Status.PENDING, 1),
            Tally(elm.id, Status.ACTIVE, 1, "Staff"),
        ]

    await store.run(unit)


def _letter(uow: UnitOfWork, of: School, by: Person, **answered: object) -> Invitation:
    whom = Person(build.fresh_id(), "Nia")
    uow.people.add_unlinked(whom)
    uses = 1 if answered.pop("accepted", False) else 0
    to = Addressee(whom.id, "Nia", "nia@example.org", way=Way.EMAIL, **answered)  # type: ignore[arg-type]
    return build.invitation(uow, of, by, to=to, uses_allowed=1, uses_taken=uses)


async def test_invitations_are_counted_by_how_far_they_came(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        place, oak, elm = _district(uow)
        ada = build.person(uow)
        _letter(uow, oak, ada)
        _letter(uow, oak, ada, sent_at=START, declined_at=START)
        read = _letter(uow, oak, ada, sent_at=START, accepted=True)
        link = build.invitation(uow, oak, ada, uses_taken=5)
        build.invitation(uow, elm, ada)
        batch = Batch(build.fresh_id(), elm.id, "7b", 1, START)
        template = build.invitation(uow, elm, ada)
        build.batch(uow, batch, [replace(_another(template), batch_id=batch.id)])
        for one in (read, link, link, link):
            uow.invitations.count_opening(one.id, START + HOUR)
        uow.invitations.count_opening(link.id, START)
        uow.invitations.count_opening(build.fresh_id(), START)
        found = list(uow.reports.invitations(place, NOW))
        assert found == [
            FunnelCounts(oak.id, InvitationKind.LINK, 1, 0, 1, 4, 5, 0),
            FunnelCounts(oak.id, InvitationKind.PERSON, 3, 2, 1, 1, 1, 1),
            FunnelCounts(elm.id, InvitationKind.CODE, 1, 0, 0, 0, 0, 0),
            FunnelCounts(elm.id, InvitationKind.LINK, 2, 0, 0, 0, 0, 0),
        ]
        assert list(uow.reports.invitations(Place(oak.id), NOW)) == found[:2]
        known = uow.invitations.by_id(link.id)
        assert known is not None
        assert (known.opened_at, known.openings) == (START + HOUR, 4)

    await store.run(unit)


def _another(one: Invitation) -> Invitation:
    return replace(one, id=build.fresh_id(), code=one.code[::-1], token=one.token[::-1])


async def test_invitations_count_from_the_first_moment_of_a_time_up_to_its_end(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        oak, ada = build.school(uow), build.person(uow)
        for at in (START - timedelta(milliseconds=1), START, START + DAY):
            made = build.invitation(uow, oak, ada)
            uow.invitations.add(replace(_another(made), id=earliest_id(at), created_at=at))
        of = Period(START, START + DAY)
        (links,) = uow.reports.invitations(Place(oak.id), of)
        assert links.created == 1 + 3  # the one at START, and those that the others were made of

    await store.run(unit)


def _decide(uow: UnitOfWork, of: School, by: Person | None, hours: float, **how: object) -> None:
    """Store a request that is decided at START, after this many hours."""
    values: dict[str, object] = {"state": RequestState.APPROVED, "decided_at": START, **how}
    decided = values["decided_at"]
    assert isinstance(decided, datetime)
    made = build.join_request(uow, of, build.person(uow), submitted_at=decided - timedelta(hours=hours))
    decided_by = by.id if by else None
    assert uow.join_requests.decide(replace(made, decided_by=decided_by, **values))  # type: ignore[arg-type]


async def test_decisions_are_measured_by_school_and_by_approver(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        place, oak, elm = _district(uow)
        ada, bob = build.person(uow, "Ada"), build.person(uow, "Bob")
        for hours in (1, 2, 4, 8):
            _decide(uow, oak, ada, hours)
        _decide(uow, elm, bob, 100, state=RequestState.REJECTED)
        _decide(uow, elm, bob, 1000, state=RequestState.WITHDRAWN)
        _decide(uow, elm, bob, 1000, decided_at=START - 2 * DAY)
        of = Period(START - HOUR, START + HOUR)
        (whole,) = uow.reports.decisions(place, of, GroupedBy.ALL)
        assert (whole.of, whole.decided, whole.approved) == ("", 5, 4)
        five = (whole.quickest, whole.lower, whole.median, whole.upper, whole.slowest)
        assert five == tuple(hours * HOUR for hours in (1, 2, 4, 8, 100))
        own, other = uow.reports.decisions(place, of, GroupedBy.SCHOOL)
        assert (own.of, own.decided, own.lower, own.median, own.upper) == (
            oak.id,
            4,
            1.75 * HOUR,
            3 * HOUR,
            5 * HOUR,
        )
        assert (other.of, other.decided, other.approved, other.median) == (elm.id, 1, 0, 100 * HOUR)
        assert [(one.of, one.decided) for one in uow.reports.decisions(place, of, GroupedBy.APPROVER)] == [
            (ada.id, 4),
            (bob.id, 1),
        ]
        assert [one.of for one in uow.reports.decisions(Place(oak.id), of, GroupedBy.SCHOOL)] == [oak.id]
        assert list(uow.reports.decisions(place, Period(START - DAY, START), GroupedBy.ALL)) == []

    await store.run(unit)


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6, 17])
async def test_quartiles_are_those_of_statistics(store: Store, number: int) -> None:
    """The fake asks the standard library; the databases must agree with it, whatever the number."""

    def unit(uow: UnitOfWork) -> tuple[timedelta, ...]:
        oak = build.school(uow)
        for place in range(number):
            _decide(uow, oak, None, (place * 7 % number) ** 2 + 0.5)
        (whole,) = uow.reports.decisions(Place(oak.id), NOW, GroupedBy.ALL)
        assert whole.decided == number
        return (whole.quickest, whole.lower, whole.median, whole.upper, whole.slowest)

    waits = sorted((place * 7 % number) ** 2 + 0.5 for place in range(number))
    found = [span / HOUR for span in await store.run(unit)]
    between = [(number - 1) * quarter / 4 for quarter in range(5)]
    for got, at in zip(found, between, strict=True):
        low = int(at)
        high = min(low + 1, number - 1)
        assert got == pytest.approx(waits[low] + (waits[high] - waits[low]) * (at - low), abs=0.001)


async def test_a_decision_before_its_request_took_no_time(store: Store) -> None:
    """A clock that was put back must not lead to negative times in reports."""

    def unit(uow: UnitOfWork) -> timedelta:
        oak = build.school(uow)
        _decide(uow, oak, None, -3)
        (whole,) = uow.reports.decisions(Place(oak.id), NOW, GroupedBy.ALL)
        return whole.slowest

    assert await store.run(unit) == timedelta()


async def test_requests_that_wait_are_counted_with_the_oldest(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        place, oak, elm = _district(uow)
        for hours in (5, 9, 1):
            at = START - hours * HOUR
            build.join_request(uow, oak, build.person(uow), submitted_at=at, id=new_id(at))
        _decide(uow, elm, None, 3)
        assert list(uow.reports.waiting(place)) == [WaitingRequests(oak.id, 3, START - 9 * HOUR)]
        assert list(uow.reports.waiting(Place(elm.id))) == []

    await store.run(unit)
