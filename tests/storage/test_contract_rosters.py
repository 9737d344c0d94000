"""What every store does with imports of rosters."""

from datetime import timedelta
from typing import Any

from bot.core.addressees import Addressee, Grant
from bot.core.districts import District
from bot.core.members import Standing
from bot.core.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.retention import Leftover
from bot.core.roles import ScopeKind
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import Kind, Missing, Options, RosterImport, Said, Sent, State, Step, Why
from bot.core.rosters.known import Held
from bot.core.schools import School
from bot.core.scim.model import Account
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

SPAN = timedelta(seconds=60)


def _import(uow: UnitOfWork, school: School, **changes: object) -> RosterImport:
    made = RosterImport(
        build.fresh_id(),
        school.id,
        None,
        Options(Missing.REMOVE, move=True, invite=True),
        State.PLANNED,
        "digest",
        uow.now,
    )
    made = replace(made, **changes)  # type: ignore[arg-type]  # the caller names fields
    assert uow.rosters.add(made)
    return made


def _new(school: School, number: int, name: str, **changes: Any) -> Step:
    step = Step(
        number,
        number + 1,
        school.id,
        build.fresh_id(),
        Kind.ADD,
        Said(f"{name}@Example.org", name, "Ok “a”", "Maths; Art", "3", "Q", f"0{number}"),
        roles=("Staff", "Viewer"),
        made=build.fresh_id(),
        fresh=True,
    )
    return step._replace(**changes)


def _member(uow: UnitOfWork, school: School, name: str, *roles: str) -> tuple[str, str]:
    who = build.person(uow, name)
    kept = build.membership(uow, school, who)
    for role in roles:
        uow.members.assign(who.id, role, school.id, by=None, at=uow.now)
    assert uow.people.save_details(who.id, PersonDetails(name, "L", educator_id="9", email=f"{name}@x.org"))
    return who.id, kept.id


async def test_an_import_is_kept_with_its_steps(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        roster = _import(uow, school, rows=2, planned_by=build.fresh_id())
        assert uow.rosters.by_id(roster.id) == roster
        assert uow.rosters.by_id("nothing") is None
        new = [_new(school, 1, "Nia"), _new(school, 2, "Leo", wanted=("Staff",), leads=False)]
        uow.roster_steps.stage_new(roster.id, iter(new))
        goes = _new(school, 3, "Mia", place=0, kind=Kind.REMOVE, why=Why.MOVED, fresh=False, before=Said("a"))
        goes = goes._replace(created_at=START, joined_at=None, roles=(), roles_before=("Staff",))
        uow.roster_steps.stage(roster.id, [goes])
        assert list(uow.roster_steps.steps(roster.id, limit=9)) == [*new, goes]
        assert list(uow.roster_steps.steps(roster.id, after=1, limit=1)) == new[1:]
        assert list(uow.roster_steps.steps(roster.id, kinds=[Kind.REMOVE], limit=9)) == [goes]
        assert list(uow.roster_steps.of_person(roster.id, goes.person_id)) == [goes]
        settled = new[0]._replace(
            kind=Kind.CHANGE, person_id=goes.person_id, roles=("A",), roles_before=("B",), fresh=False,
            before=Said("x", "y"), why=Why.DETAILS, made="", sent=Sent.WANTED,
        )  # fmt: skip
        uow.roster_steps.settle(roster.id, [settled])
        assert list(uow.roster_steps.steps(roster.id, limit=9)) == [settled, new[1], goes]
        assert sorted(uow.roster_steps.tally(roster.id)) == sorted(
            [
                Tally(school.id, Kind.CHANGE, Why.DETAILS, True, (), 1),
                Tally(school.id, Kind.ADD, None, True, ("Staff", "Viewer"), 1),
                Tally(school.id, Kind.REMOVE, Why.MOVED, False, (), 1),
            ]
        )
        uow.rosters.drop(roster.id)
        assert uow.rosters.by_id(roster.id) is None
        assert not uow.roster_steps.steps(roster.id, limit=9)

    await store.run(unit)


async def test_an_import_goes_on_only_from_where_it_is(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, other = build.school(uow), build.school(uow, "Oak")
        roster = _import(uow, school)
        uow.rosters.lock(roster.id)
        done = replace(roster, state=State.DONE, started_by=build.fresh_id(), front="web", started_at=START)
        assert not uow.rosters.save(done, expected=State.WAITING)
        assert not uow.rosters.listed(school.id, after=None, limit=9)
        assert uow.rosters.save(done, expected=State.PLANNED)
        assert not uow.rosters.save(done, expected=State.PLANNED)
        assert uow.rosters.by_id(roster.id) == done
        newer = _import(uow, school, state=State.WAITING, undoes=roster.id)
        _import(uow, other, state=State.DONE)
        assert list(uow.rosters.listed(school.id, after=None, limit=9)) == [newer, done]
        assert list(uow.rosters.listed(school.id, after=newer.id, limit=9)) == [done]
        assert uow.rosters.undone_by(roster.id) == newer
        assert not uow.rosters.add(replace(newer, id=build.fresh_id()))
        planned, second = _import(uow, school), _import(uow, other)
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
        for state in (State.PLANNED, State.DONE):
            idle = _import(uow, school, state=state)
            assert uow.rosters.waiting("one", uow.now) is None
            assert not uow.rosters.claim(idle.id, "one", uow.now, until=uow.now + SPAN)
        for state in (State.WAITING, State.INVITING):
            work = _import(uow, school, state=state)
            assert uow.rosters.waiting("one", uow.now) == work.id
            assert uow.rosters.claim(work.id, "one", uow.now, until=uow.now + SPAN)
            assert uow.rosters.waiting("two", uow.now) is None
            assert not uow.rosters.claim(work.id, "two", uow.now, until=uow.now + SPAN)
            assert uow.rosters.claim(work.id, "one", uow.now, until=uow.now + SPAN)
            assert uow.rosters.waiting("two", uow.now + SPAN) == work.id
            assert uow.rosters.claim(work.id, "two", uow.now + SPAN, until=uow.now + 2 * SPAN)
            assert uow.rosters.save(replace(work, state=State.DONE), expected=state)

    await store.run(unit)


async def test_who_is_met_absent_and_known(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        nia, nia_in = _member(uow, maple, "nia", "Staff", "Observer")
        leo, _ = _member(uow, maple, "leo")
        waits = build.person(uow, "Waits")
        build.membership(uow, maple, waits, Standing.PENDING)
        uow.districts.assign(nia, "District User", build.fresh_id(), by=None, at=uow.now)
        roster = _import(uow, maple)
        steps = [_new(maple, 1, "Nia", said=Said("NIA@X.org", "Nia", "L")), _new(maple, 2, "Mia")]
        steps += [_new(oak, 3, "Nia", said=Said("nia@x.org", "Nia", "L", "", "", "", "9"), leads=False)]
        uow.roster_steps.stage_new(roster.id, steps)
        assert list(uow.roster_people.met(roster.id, after=0, until=3)) == [(steps[0], nia), (steps[2], nia)]
        assert list(uow.roster_people.met(roster.id, after=0, until=2)) == [(steps[0], nia)]
        assert not uow.roster_people.met(roster.id, after=1, until=2)
        assert uow.roster_steps.spread(roster.id) == {"nia@x.org": {maple.id, oak.id}}
        assert sorted(uow.roster_people.absent(roster.id, maple.id, after="", limit=9)) == sorted([nia, leo])
        uow.roster_steps.settle(roster.id, [steps[0]._replace(person_id=nia)])
        assert list(uow.roster_people.absent(roster.id, maple.id, after="", limit=9)) == [leo]
        assert not uow.roster_people.absent(roster.id, maple.id, after=leo, limit=9)
        (one, other) = uow.roster_people.known(sorted([nia, leo]))
        said = {of.person_id: of.said for of in (one, other)}
        assert uow.roster_people.said([leo, build.fresh_id(), nia]) == said
        assert uow.roster_people.said([]) == {}
        known = one if one.person_id == nia else other
        assert (known.name, known.has_account) == ("nia L", True)
        assert known.said == Said("nia@x.org", "nia", "L", educator_id="9")
        assert [(one.id, one.school_id) for one in known.memberships] == [(nia_in, maple.id)]
        assert known.roles_in(maple.id) == ("Observer", "Staff")
        assert [one.scope for one in known.held] == [ScopeKind.DISTRICT, ScopeKind.SCHOOL, ScopeKind.SCHOOL]
        assert all(isinstance(one, Held) and one.role is not None for one in known.held)
        assert not uow.roster_people.known([build.fresh_id()])

    await store.run(unit)


async def test_what_identity_providers_say_of_somebody_is_known(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        north, south = (District(build.fresh_id(), name, START) for name in ("North", "South"))
        for district in (north, south):
            uow.districts.add(district)
        ids = sorted(_member(uow, school, name)[0] for name in ("nia", "leo", "mia"))
        for district, person_id, active, deleted_at in (
            (north, ids[0], False, None),
            (south, ids[0], False, START),
            (north, ids[1], True, None),
            (south, ids[1], None, None),
        ):
            account = Account(person_id, district.id, person_id, person_id, START, START, active=active)
            assert uow.scim_users.add(replace(account, deleted_at=deleted_at))
        known = uow.roster_people.known(ids)
        assert [one.scim for one in known] == [{north.id}, {north.id, south.id}, set()]
        assert [one.off for one in known] == [{north.id, south.id}, set(), set()]

    await store.run(unit)


async def test_an_educators_id_of_somebody_else_is_found(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        nia, _ = _member(uow, maple, "nia")
        roster = _import(uow, maple)
        theirs = _new(maple, 1, "Nia", said=Said("nia@x.org", "Nia", "L", educator_id="9"))
        same = _new(maple, 2, "Leo", said=Said("leo@x.org", "Leo", "L", educator_id="9"))
        uow.roster_steps.stage_new(roster.id, [theirs, same])
        uow.roster_steps.settle(roster.id, [theirs._replace(person_id=nia)])
        assert [one.number for one in uow.roster_people.ids_taken(roster.id, [maple.id], 9)] == [2]
        assert not uow.roster_people.ids_taken(roster.id, [oak.id], 9)
        _member(uow, maple, "zoe")
        found = uow.roster_people.ids_taken(roster.id, [maple.id, oak.id], 9)
        assert [one.number for one in found] == [1, 2], "two have it already"
        assert [one.number for one in uow.roster_people.ids_taken(roster.id, [maple.id], 1)] == [1]

    await store.run(unit)


async def test_all_steps_are_written_at_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        (nia, _), (leo, leo_in) = _member(uow, school, "nia", "Staff"), _member(uow, school, "leo", "Staff")
        roster = _import(uow, school)
        new = _new(school, 1, "Mia")
        change = Step(
            2, 3, school.id, nia, Kind.CHANGE, Said("nia@x.org", "Nia", "Eze", "Art"),
            roles=("Observer",), roles_before=("Staff",), before=Said("nia@x.org", "nia", "L"),
        )  # fmt: skip
        same = Step(3, 4, school.id, leo, Kind.SAME, Said("leo@x.org", "X", "Y"), roles=("Staff",))
        uow.roster_steps.stage_new(roster.id, [new])
        uow.roster_steps.stage(roster.id, [change, same])
        uow.roster_steps.hold(roster.id)
        assert uow.roster_steps.first_with(roster.id, school.id, "Observer") == nia
        assert uow.roster_steps.first_with(roster.id, school.id, "Viewer") == new.person_id
        assert uow.roster_steps.first_with(roster.id, school.id, "View") is None
        uow.roster_steps.write(roster, by=leo, at=uow.now)
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
        reverse = _import(uow, school, undoes=roster.id)
        gone = new._replace(kind=Kind.REMOVE, roles=(), roles_before=new.roles, fresh=False)
        left = Step(2, 0, school.id, leo, Kind.REMOVE, Said(), roles_before=("Staff",), made=leo_in)
        uow.roster_steps.stage(reverse.id, [gone, left])
        assert not uow.roster_steps.inviters(reverse.id)
        inviter = uow.people.by_id(leo)
        assert inviter is not None
        made = build.invitation(uow, school, inviter)
        assert list(uow.roster_steps.inviters(reverse.id)) == [(school.id, leo)]
        assert not uow.roster_steps.invitees(reverse.id)
        uow.roster_steps.write(reverse, by=nia, at=uow.now)
        assert uow.people.by_email("mia@example.org") is None
        assert uow.people.by_id(mia.id) is None
        assert uow.people.by_id(leo) is not None
        assert uow.members.of(school.id, leo) is None
        assert not uow.members.roles(school.id, leo)
        assert made.created_by == leo

    await store.run(unit)


async def test_who_leaves_a_school_that_is_offered_to_them(store: Store) -> None:
    """Whichever school manages the invitation; what is over offers nothing."""

    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        leo, leo_in = _member(uow, maple, "leo")
        roster, ada = _import(uow, maple), build.person(uow, "Ada")
        offered = [build.invitation(uow, oak, ada, to=Addressee(leo, "leo")) for _ in range(3)]
        for one, place in zip(offered, (maple, maple, oak), strict=True):
            uow.addressed.grant(one.id, [Grant(place.id, "Staff")])
        uow.addressed.clear(offered[0].id, uow.now)
        left = Step(1, 0, maple.id, leo, Kind.REMOVE, Said(), made=leo_in)
        uow.roster_steps.stage(roster.id, [left, left._replace(number=2, person_id=ada.id)])
        assert list(uow.roster_steps.invitees(roster.id)) == [(maple.id, leo)]
        uow.addressed.clear(offered[1].id, uow.now)
        assert not uow.roster_steps.invitees(roster.id)

    await store.run(unit)


async def test_what_came_of_inviting_is_kept(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        roster = _import(uow, school)
        first = _new(school, 1, "Nia", sent=Sent.WANTED)
        steps = [first, _new(school, 2, "Leo"), first._replace(number=3, made=build.fresh_id(), leads=False)]
        uow.roster_steps.stage_new(roster.id, steps)
        assert [one.number for one in uow.roster_steps.uninvited(roster.id, 9)] == [1, 3]
        assert uow.roster_steps.invited(roster.id) == {Sent.WANTED: 1}
        now, invitation = build.fresh_id(), build.fresh_id()
        uow.roster_steps.sent(roster.id, first.person_id, Sent.SENT, now=now, invitation=invitation)
        assert not uow.roster_steps.uninvited(roster.id, 9)
        assert uow.roster_steps.invited(roster.id) == {Sent.SENT: 1}
        found = uow.roster_steps.of_person(roster.id, now)
        assert [(one.number, one.invitation) for one in found] == [(1, invitation), (3, invitation)]

    await store.run(unit)


async def test_steps_know_of_merging_and_erasing(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, other = build.school(uow), build.school(uow, "Oak")
        roster = _import(uow, school)
        step = _new(school, 1, "Nia")
        uow.roster_steps.stage_new(roster.id, [step])
        target = build.fresh_id()
        uow.roster_steps.absorb(step.person_id, target)
        assert not uow.roster_steps.about(step.person_id, None)
        (told,) = uow.roster_steps.about(target, school.id)
        assert (told["email"], told["kind"], told["grade_levels"]) == ("Nia@Example.org", "add", "3")
        assert not uow.roster_steps.about(target, other.id)
        uow.roster_steps.forget(target)
        (left,) = uow.roster_steps.steps(roster.id, limit=9)
        assert (left.person_id, left.said, left.before) == (target, Said("", "—", "—"), None)
        assert not any(
            "nia" in str(value).lower() for value in uow.roster_steps.about(target, None)[0].values()
        )

    await store.run(unit)


async def test_old_imports_go_with_their_steps(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        made = {state: _import(uow, school, state=state) for state in State}
        for one in made.values():
            uow.roster_steps.stage_new(one.id, [_new(school, 1, "Nia")])
        later = uow.now + timedelta(days=1)

        def purged() -> int:
            return uow.leftovers.purge(Leftover.ROSTERS, later, later, 50)

        assert uow.leftovers.purge(Leftover.ROSTERS, START - SPAN, later, 50) == 0
        assert [purged(), purged(), purged()] == [2, 2, 0]
        gone = {state for state, one in made.items() if uow.rosters.by_id(one.id) is None}
        assert gone == {State.PLANNED, State.DONE}
        assert not uow.roster_steps.steps(made[State.DONE].id, limit=9)

    await store.run(unit)
