"""The contract of every store for roster imports."""

from datetime import timedelta

from bot.core.invitations.addressees import Addressee, Grant
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.retention import Leftover
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import ImportState, RosterDetails, Sent, Step, StepKind, StepReason
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.rosters import an_import, known_member, newcomer
from tests.world import START

SPAN = timedelta(seconds=60)


async def test_an_import_is_kept_with_its_steps(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        roster = an_import(uow, school, rows=2, planned_by=build.fresh_id())
        assert uow.rosters.by_id(roster.id) == roster
        assert uow.rosters.by_id("nothing") is None
        new = [newcomer(school, 1, "Nia"), newcomer(school, 2, "Leo", wanted=("Staff",), leads=False)]
        uow.roster_steps.stage_new(roster.id, iter(new))
        goes = newcomer(
            school,
            3,
            "Mia",
            place=0,
            kind=StepKind.REMOVE,
            why=StepReason.MOVED,
            fresh=False,
            before=RosterDetails("a"),
        )
        goes = goes._replace(created_at=START, joined_at=None, roles=(), roles_before=("Staff",))
        uow.roster_steps.stage(roster.id, [goes])
        assert list(uow.roster_steps.steps(roster.id, limit=9)) == [*new, goes]
        assert list(uow.roster_steps.steps(roster.id, after=1, limit=1)) == new[1:]
        assert list(uow.roster_steps.steps(roster.id, kinds=[StepKind.REMOVE], limit=9)) == [goes]
        assert list(uow.roster_steps.of_person(roster.id, goes.person_id)) == [goes]
        settled = new[0]._replace(
            kind=StepKind.CHANGE, person_id=goes.person_id, roles=("A",), roles_before=("B",), fresh=False,
            before=RosterDetails("x", "y"), why=StepReason.DETAILS, made="", sent=Sent.WANTED,
        )  # fmt: skip
        uow.roster_steps.settle(roster.id, [settled])
        assert list(uow.roster_steps.steps(roster.id, limit=9)) == [settled, new[1], goes]
        assert sorted(uow.roster_steps.tally(roster.id)) == sorted(
            [
                Tally(school.id, StepKind.CHANGE, StepReason.DETAILS, True, (), 1),
                Tally(school.id, StepKind.ADD, None, True, ("Staff", "Viewer"), 1),
                Tally(school.id, StepKind.REMOVE, StepReason.MOVED, False, (), 1),
            ]
        )
        uow.rosters.drop(roster.id)
        assert uow.rosters.by_id(roster.id) is None
        assert not uow.roster_steps.steps(roster.id, limit=9)

    await store.run(unit)


async def test_an_import_goes_on_only_from_where_it_is(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, other = build.school(uow), build.school(uow, "Oak")
        roster = an_import(uow, school)
        uow.rosters.lock(roster.id)
        done = replace(
            roster, state=ImportState.DONE, started_by=build.fresh_id(), front="web", started_at=START
        )
        assert not uow.rosters.save(done, expected=ImportState.WAITING)
        assert not uow.rosters.listed(school.id, after=None, limit=9)
        assert uow.rosters.save(done, expected=ImportState.PLANNED)
        assert not uow.rosters.save(done, expected=ImportState.PLANNED)
        assert uow.rosters.by_id(roster.id) == done
        newer = an_import(uow, school, state=ImportState.WAITING, undoes=roster.id)
        an_import(uow, other, state=ImportState.DONE)
        assert list(uow.rosters.listed(school.id, after=None, limit=9)) == [newer, done]
        assert list(uow.rosters.listed(school.id, after=newer.id, limit=9)) == [done]
        assert uow.rosters.undone_by(roster.id) == newer
        assert not uow.rosters.add(replace(newer, id=build.fresh_id()))
        planned, second = an_import(uow, school), an_import(uow, other)
        assert not uow.rosters.drop_plan(uow.now)
        assert uow.rosters.by_id(planned.id)
        assert uow.rosters.drop_plan(uow.now + SPAN)
        assert uow.rosters.by_id(second.id), "one at a time"
        assert uow.rosters.drop_plan(uow.now + SPAN)
        assert not uow.rosters.drop_plan(uow.now + SPAN)
        assert [uow.rosters.by_id(one.id) is None for one in (planned, newer, done)] == [True, False, False]

    await store.run(unit)


async def test_one_worker_has_an_import_until_its_claim_ends(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        for state in (ImportState.PLANNED, ImportState.DONE):
            idle = an_import(uow, school, state=state)
            assert uow.rosters.next_unclaimed("one", uow.now) is None
            assert not uow.rosters.claim(idle.id, "one", uow.now, until=uow.now + SPAN)
        for state in (ImportState.WAITING, ImportState.INVITING):
            work = an_import(uow, school, state=state)
            assert uow.rosters.next_unclaimed("one", uow.now) == work.id
            assert uow.rosters.claim(work.id, "one", uow.now, until=uow.now + SPAN)
            assert uow.rosters.next_unclaimed("two", uow.now) is None
            assert not uow.rosters.claim(work.id, "two", uow.now, until=uow.now + SPAN)
            assert uow.rosters.claim(work.id, "one", uow.now, until=uow.now + SPAN)
            assert uow.rosters.next_unclaimed("two", uow.now + SPAN) == work.id
            assert uow.rosters.claim(work.id, "two", uow.now + SPAN, until=uow.now + 2 * SPAN)
            assert uow.rosters.save(replace(work, state=ImportState.DONE), expected=state)

    await store.run(unit)


async def test_all_steps_are_written_at_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        (nia, _), (leo, leo_in) = (
            known_member(uow, school, "nia", "Staff"),
            known_member(uow, school, "leo", "Staff"),
        )
        roster = an_import(uow, school)
        new = newcomer(school, 1, "Mia")
        change = Step(
            2, 3, school.id, nia, StepKind.CHANGE, RosterDetails("nia@x.org", "Nia", "Eze", "Art"),
            roles=("Observer",), roles_before=("Staff",), before=RosterDetails("nia@x.org", "nia", "L"),
        )  # fmt: skip
        same = Step(
            3, 4, school.id, leo, StepKind.SAME, RosterDetails("leo@x.org", "X", "Y"), roles=("Staff",)
        )
        uow.roster_steps.stage_new(roster.id, [new])
        uow.roster_steps.stage(roster.id, [change, same])
        uow.roster_steps.hold(roster.id)
        assert uow.roster_steps.first_to_get(roster.id, school.id, "Observer") == nia
        assert uow.roster_steps.first_to_get(roster.id, school.id, "Viewer") == new.person_id
        assert uow.roster_steps.first_to_get(roster.id, school.id, "View") is None
        uow.roster_steps.apply(roster, by=leo, at=uow.now)
        mia = uow.people.by_email("mia@example.org")
        assert mia is not None
        assert (mia.id, mia.name) == (new.person_id, "Mia Ok “a”")
        assert uow.people.details(mia.id) == PersonDetails(
            "Mia", "Ok “a”", "Q", "01", "Mia@Example.org", content_areas="Maths; Art", grade_levels="3"
        )
        membership = uow.members.of(school.id, mia.id)
        assert membership is not None
        assert (membership.id, membership.active, membership.joined_at) == (new.made, True, uow.now)
        assert list(uow.members.roles(school.id, mia.id)) == ["Staff", "Viewer"]
        assert list(uow.members.roles(school.id, nia)) == ["Observer"]
        changed = uow.people.details(nia)
        assert (changed.full_name, changed.content_areas, changed.educator_id) == ("Nia Eze", "Art", "9")
        assert uow.people.details(leo).full_name == "leo L"
        assert list(uow.members.roles(school.id, leo)) == ["Staff"]
        reverse = an_import(uow, school, undoes=roster.id)
        gone = new._replace(kind=StepKind.REMOVE, roles=(), roles_before=new.roles, fresh=False)
        left = Step(
            2, 0, school.id, leo, StepKind.REMOVE, RosterDetails(), roles_before=("Staff",), made=leo_in
        )
        uow.roster_steps.stage(reverse.id, [gone, left])
        assert not uow.roster_steps.inviters(reverse.id)
        inviter = uow.people.by_id(leo)
        assert inviter is not None
        made = build.invitation(uow, school, inviter)
        assert list(uow.roster_steps.inviters(reverse.id)) == [(school.id, leo)]
        assert not uow.roster_steps.invitees(reverse.id)
        uow.roster_steps.apply(reverse, by=nia, at=uow.now)
        assert uow.people.by_email("mia@example.org") is None
        assert uow.people.by_id(mia.id) is None
        assert uow.people.by_id(leo) is not None
        assert uow.members.of(school.id, leo) is None
        assert not uow.members.roles(school.id, leo)
        assert made.created_by == leo

    await store.run(unit)


async def test_who_leaves_a_school_that_is_offered_to_them(store: Store) -> None:
    """Whichever school manages the invitation; an invitation that has ended offers nothing."""

    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        leo, leo_in = known_member(uow, maple, "leo")
        roster, ada = an_import(uow, maple), build.person(uow, "Ada")
        offered = [build.invitation(uow, oak, ada, to=Addressee(leo, "leo")) for _ in range(3)]
        for one, place in zip(offered, (maple, maple, oak), strict=True):
            uow.addressed.grant(one.id, [Grant(place.id, "Staff")])
        uow.addressed.clear(offered[0].id, uow.now)
        left = Step(1, 0, maple.id, leo, StepKind.REMOVE, RosterDetails(), made=leo_in)
        uow.roster_steps.stage(roster.id, [left, left._replace(number=2, person_id=ada.id)])
        assert list(uow.roster_steps.invitees(roster.id)) == [(maple.id, leo)]
        uow.addressed.clear(offered[1].id, uow.now)
        assert not uow.roster_steps.invitees(roster.id)

    await store.run(unit)


async def test_what_came_of_inviting_is_kept(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        roster = an_import(uow, school)
        first = newcomer(school, 1, "Nia", sent=Sent.WANTED)
        steps = [
            first,
            newcomer(school, 2, "Leo"),
            first._replace(number=3, made=build.fresh_id(), leads=False),
        ]
        uow.roster_steps.stage_new(roster.id, steps)
        assert [one.number for one in uow.roster_steps.uninvited(roster.id, 9)] == [1, 3]
        assert uow.roster_steps.invited(roster.id) == {Sent.WANTED: 1}
        now, invitation = build.fresh_id(), build.fresh_id()
        uow.roster_steps.record_invited(roster.id, first.person_id, Sent.SENT, now=now, invitation=invitation)
        assert not uow.roster_steps.uninvited(roster.id, 9)
        assert uow.roster_steps.invited(roster.id) == {Sent.SENT: 1}
        found = uow.roster_steps.of_person(roster.id, now)
        assert [(one.number, one.invitation) for one in found] == [(1, invitation), (3, invitation)]

    await store.run(unit)


async def test_steps_know_of_merging_and_erasing(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, other = build.school(uow), build.school(uow, "Oak")
        roster = an_import(uow, school)
        step = newcomer(school, 1, "Nia")
        uow.roster_steps.stage_new(roster.id, [step])
        target = build.fresh_id()
        uow.roster_steps.absorb(step.person_id, target)
        assert not uow.roster_steps.about(step.person_id, None)
        (told,) = uow.roster_steps.about(target, school.id)
        assert (told["email"], told["kind"], told["grade_levels"]) == ("Nia@Example.org", "add", "3")
        assert not uow.roster_steps.about(target, other.id)
        uow.roster_steps.forget(target)
        (left,) = uow.roster_steps.steps(roster.id, limit=9)
        assert (left.person_id, left.said, left.before) == (target, RosterDetails("", "—", "—"), None)
        assert not any(
            "nia" in str(value).lower() for value in uow.roster_steps.about(target, None)[0].values()
        )

    await store.run(unit)


async def test_old_imports_go_with_their_steps(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        made = {state: an_import(uow, school, state=state) for state in ImportState}
        for one in made.values():
            uow.roster_steps.stage_new(one.id, [newcomer(school, 1, "Nia")])
        later = uow.now + timedelta(days=1)

        def purged() -> int:
            return uow.leftovers.purge(Leftover.ROSTERS, later, later, 50)

        assert uow.leftovers.purge(Leftover.ROSTERS, START - SPAN, later, 50) == 0
        assert [purged(), purged(), purged()] == [2, 2, 0]
        gone = {state for state, one in made.items() if uow.rosters.by_id(one.id) is None}
        assert gone == {ImportState.PLANNED, ImportState.DONE}
        assert not uow.roster_steps.steps(made[ImportState.DONE].id, limit=9)

    await store.run(unit)
