"""The rules of transfers: what is counted, what would end, who may, what is logged."""

from datetime import timedelta

import pytest

from bot.core.errors import AboveYou, NothingToChange, NotPermitted, OwnMembership, PrimaryAdminProtected
from bot.core.people import transfers
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Access, Member, Standing
from bot.core.people.transfers import Move, TransferPlan, TransferRequest
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.values import replace
from tests.core.place import Place
from tests.fakes.schools import FakeSchools
from tests.storage import build


class Records:
    """Another system's records."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.number = name, number
        self.moves: list[Move] = []

    def count(self, move: Move) -> int:  # noqa: ARG002
        return self.number

    def apply(self, move: Move) -> int:
        self.moves.append(move)
        return self.number


@pytest.fixture
def place() -> Place:
    """A school with the admins Ada, Omar and Nora, and with Leo, who may not invite."""
    place = Place()
    for name in ("omar", "nora"):
        place.member(name, SCHOOL_ADMIN.name)
    place.member("leo")
    place.clear_outbox_and_log()
    return place


def _found(place: Place, name: str) -> Member:
    person = next(one for one in place.state.persons.values() if one.name == name)
    membership = place.uow.members.of(place.school_id, person.id)
    assert membership is not None
    member = place.uow.members.by_id(place.school_id, membership.id)
    assert member is not None
    return member


def _acts(place: Place, name: str) -> Actor:
    return place.actor(place.state.persons[_found(place, name).membership.person_id])


def _plan(place: Place, wish: TransferRequest, by: str = "Ada") -> TransferPlan:
    plan, done = transfers.transfer(place.uow, _acts(place, by), place.school, wish, agreed="")
    assert not done
    return plan


def _do(place: Place, wish: TransferRequest, by: str = "Ada") -> TransferPlan:
    actor = _acts(place, by)
    plan = _plan(place, wish, by)
    same, done = transfers.transfer(place.uow, actor, place.school, wish, agreed=plan.digest)
    assert (done, same) == (True, plan)
    return plan


def _invites(place: Place, name: str, **settings: object) -> str:
    by = place.state.persons[_found(place, name).membership.person_id]
    return build.invitation(place.uow, place.school, by, **settings).id


def test_what_was_done_for_another_school_stays(place: Place) -> None:
    omar, leo = _found(place, "Omar"), _found(place, "Leo")
    person = place.state.persons[omar.membership.person_id]
    elsewhere = build.invitation(place.uow, place.another_school("Oak"), person)
    here = _invites(place, "Omar")
    assert _do(place, TransferRequest(omar, leo)).counts == ((RecordKind.INVITATIONS, 1),)
    made = place.state.invitations
    assert (made[here].created_by, made[elsewhere.id].created_by) == (leo.membership.person_id, person.id)


def test_cards_name_the_new_claimant_of_a_request(place: Place) -> None:
    omar, nora = _found(place, "Omar"), _found(place, "Nora")
    asked = build.join_request(place.uow, place.school, place.person("nia"))
    by = omar.membership.person_id
    place.state.join_requests[asked.id] = replace(asked, claimed_by=by, claimed_at=place.clock.now())
    place.shown(asked.subject)
    assert _do(place, TransferRequest(omar, nora)).counts == ((RecordKind.CLAIMED, 1),)
    assert place.state.join_requests[asked.id].claimed_by == nora.membership.person_id
    assert place.redrawn() == [asked.subject]


def test_only_invitations_that_are_open_would_end(place: Place) -> None:
    omar, now = _found(place, "Omar"), place.clock.now()
    for settings in (
        {"revoked_at": now, "expires_at": now + timedelta(days=1)},
        {"expires_at": now},
        {"expires_at": now - timedelta(days=1)},
        {"uses_allowed": 2, "uses_taken": 2},
        {"uses_allowed": 2, "uses_taken": 1},
        {"expires_at": now + timedelta(seconds=1)},
        {},
    ):
        _invites(place, "Omar", **settings)
    build.invitation(place.uow, place.another_school("Oak"), place.state.persons[omar.membership.person_id])
    assert _plan(place, TransferRequest(omar, _found(place, "Leo"))).ending == 3
    assert _plan(place, TransferRequest(omar, _found(place, "Nora"))).ending == 0, "she may invite herself"
    _invites(place, "Omar", role="Nobody's any more")
    assert _plan(place, TransferRequest(omar, _found(place, "Nora"))).ending == 1, (
        "but to no role that is gone"
    )


def test_the_log_keeps_what_was_handed_over_and_what_else_was_done(place: Place) -> None:
    omar, nora, leo = (_found(place, name) for name in ("Omar", "Nora", "Leo"))
    _invites(place, "Omar")
    _do(place, TransferRequest(omar, leo))
    _do(place, TransferRequest(_found(place, "Ada"), nora, primary=True), by="Omar")
    _do(place, TransferRequest(omar, leo, remove=True), by="Nora")
    assert place.school.primary_admin_id == nora.membership.person_id
    assert place.uow.members.of(place.school_id, omar.membership.person_id) is None
    done = "(discord) member.records_transferred"
    assert place.logged() == [
        f"Ada {done} person:Omar at Maple Grove -> to={leo.membership.person_id}, invitations=1",
        f"Omar {done} person:Ada at Maple Grove -> to={nora.membership.person_id}, primary=True",
        f"Nora {done} person:Omar at Maple Grove -> to={leo.membership.person_id}, removed=True",
    ]


def test_other_systems_hand_over_what_they_have(place: Place) -> None:
    some, none = Records("Observations", 3), Records("Plans", 0)
    wish = TransferRequest(_found(place, "Omar"), _found(place, "Leo"))
    plan, _ = transfers.transfer(place.uow, place.admin, place.school, wish, [none, some], agreed="")
    assert plan.others == (("Observations", 3),)
    transfers.transfer(place.uow, place.admin, place.school, wish, [none, some], agreed=plan.digest)
    people = (wish.source.membership.person_id, wish.target.membership.person_id)
    assert some.moves == [Move(place.school_id, *people, place.clock.now())]
    assert none.moves == []
    (logged,) = place.logged()
    assert logged.endswith(f"to={people[1]}, Observations=3")


def test_a_plan_without_anything_in_it_is_none(place: Place) -> None:
    wish = TransferRequest(_found(place, "Omar"), _found(place, "Leo"))
    with pytest.raises(NothingToChange, match=r"^they have nothing to pass on"):
        _plan(place, wish)
    assert TransferPlan(wish, (), (), 0, 0, 0).empty
    assert not TransferPlan(wish, ((RecordKind.GRANTS, 1),), (), 0, 0, 0).empty
    assert not TransferPlan(wish, (), (("Observations", 1),), 0, 0, 0).empty


def test_the_digest_differs_with_each_fact(place: Place) -> None:
    omar, nora, leo = (_found(place, name) for name in ("Omar", "Nora", "Leo"))
    plans = [
        TransferPlan(TransferRequest(omar, leo), (), (), 0, 0, 0),
        TransferPlan(TransferRequest(nora, leo), (), (), 0, 0, 0),
        TransferPlan(TransferRequest(omar, nora), (), (), 0, 0, 0),
        TransferPlan(TransferRequest(omar, leo, primary=True), (), (), 0, 0, 0),
        TransferPlan(TransferRequest(omar, leo, remove=True), (), (), 0, 0, 0),
        TransferPlan(TransferRequest(omar, leo), ((RecordKind.GRANTS, 1),), (), 0, 0, 0),
        TransferPlan(TransferRequest(omar, leo), (), (("Observations", 1),), 0, 0, 0),
        TransferPlan(TransferRequest(omar, leo), (), (), 1, 0, 0),
        TransferPlan(TransferRequest(omar, leo), (), (), 0, 1, 0),
        TransferPlan(TransferRequest(omar, leo), (), (), 0, 0, 1),
    ]
    assert len({one.digest for one in plans}) == len(plans)
    assert {len(one.digest) for one in plans} == {10}, "it stands in a button"


@pytest.mark.parametrize(
    ("access", "standing", "state"),
    [
        (Access.SUSPENDED, Standing.ACTIVE, "suspended"),
        (Access.DEACTIVATED, Standing.ACTIVE, "deactivated"),
        (Access.OK, Standing.PENDING, "not active"),
        (Access.OK, Standing.REJECTED, "rejected"),
    ],
)
def test_only_an_active_member_gets_records(
    place: Place, access: Access, standing: Standing, state: str
) -> None:
    place.add_membership(place.person("eve"), standing, access=access)
    with pytest.raises(NothingToChange, match=f"^{state}$"):
        _plan(place, TransferRequest(_found(place, "Omar"), _found(place, "Eve"), remove=True))


def test_a_transfer_needs_two_active_members(place: Place) -> None:
    omar, leo = _found(place, "Omar"), _found(place, "Leo")
    place.uow.members.remove(leo.membership)
    with pytest.raises(NothingToChange, match=r"^not active$"):
        _plan(place, TransferRequest(omar, leo, remove=True))
    with pytest.raises(NothingToChange, match=r"^pending$"):
        _plan(place, TransferRequest(leo, omar, remove=True))
    place.add_membership(place.person("eve"), Standing.PENDING)
    with pytest.raises(NothingToChange, match=r"^pending$"):
        _plan(place, TransferRequest(_found(place, "Eve"), omar, remove=True))


def test_nobody_takes_from_whoever_is_above_them(place: Place) -> None:
    omar, leo = _found(place, "Omar"), _found(place, "Leo")
    ruler = omar.membership.person_id
    place.uow.members.assign(ruler, SYSTEM_ADMINISTRATOR.name, None, by=None, at=place.clock.now())
    with pytest.raises(AboveYou):
        _plan(place, TransferRequest(omar, leo, remove=True))


def test_being_primary_is_passed_on_only_by_whose_it_is(place: Place) -> None:
    why = r"^not theirs to pass on: they are not the Primary Admin$"
    with pytest.raises(NothingToChange, match=why):
        _plan(place, TransferRequest(_found(place, "Omar"), _found(place, "Nora"), primary=True))


def test_if_another_became_primary_meanwhile_nothing_is_handed_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = TransferRequest(_found(place, "Ada"), _found(place, "Nora"), primary=True)
    plan = _plan(place, wish, by="Omar")
    monkeypatch.setattr(FakeSchools, "set_primary", lambda *_, **__: False)
    with pytest.raises(PrimaryAdminProtected) as refused:
        transfers.transfer(place.uow, _acts(place, "Omar"), place.school, wish, agreed=plan.digest)
    assert refused.value.school.id == place.school_id
    assert place.logged() == []


def test_removing_is_refused_where_it_would_be_refused_alone(place: Place) -> None:
    ada, omar, leo = (_found(place, name) for name in ("Ada", "Omar", "Leo"))
    with pytest.raises(PrimaryAdminProtected):
        _plan(place, TransferRequest(ada, leo, remove=True), by="Omar")
    with pytest.raises(OwnMembership):
        _plan(place, TransferRequest(omar, leo, remove=True), by="Omar")
    with pytest.raises(NotPermitted):
        _plan(place, TransferRequest(omar, ada, remove=True), by="Leo")
