"""Join requests, as people use them."""

from datetime import timedelta

import pytest

from bot.core.joining_errors import AlreadyMember, RequestPending
from bot.core.notices.notices import Audience
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import Actor
from tests.core.door import Door, heard, maple
from tests.core.place import Place
from tests.core.waiting import BY_REQUEST, asked, queued, whom
from tests.fakes.door import FakeJoinRequests
from tests.storage import build
from tests.world import caller


async def test_approvers_and_the_applicant_are_told(door: Door) -> None:
    await maple(door, BY_REQUEST)
    await door.says("ada", "/school approvals channel:approvals")
    await door.says("nora", f"/join {await door.code()}")
    assert whom(await queued(door)) == [
        (Audience.APPLICANT, "web/@nora"),
        (Audience.APPROVER, "web/@ada"),
        (Audience.APPROVER, "web/@omar"),
        (Audience.APPROVER, "web/playground/#approvals"),
    ]


async def test_nobody_is_asked_to_decide_their_own_where_a_school_has_no_admin_yet(door: Door) -> None:
    await maple(door)
    for line in (
        "/district create North",
        '/school create name:"North One" district:North',
        '/district grant person:omar role:"District Admin" district:North',
        '/invite create school:"North One"',
    ):
        assert not (await door.says("root", line)).refused
    await queued(door)
    (invitation,) = await door.invitations_of("North One")
    for who, asked_of in (("omar", "web/@root"), ("nora", "web/@omar")):
        await door.says(who, f"/join {invitation.code}")
        assert whom(await queued(door)) == [
            (Audience.APPLICANT, f"web/@{who}"),
            (Audience.APPROVER, asked_of),
        ]


async def test_without_direct_messages_the_channel_alone_is_told(door: Door) -> None:
    await maple(door, BY_REQUEST, "direct_messages:no")
    await door.says("ada", "/school approvals channel:approvals")
    await door.says("nora", f"/join {await door.code()}")
    assert whom(await queued(door)) == [
        (Audience.APPLICANT, "web/@nora"),
        (Audience.APPROVER, "web/playground/#approvals"),
    ]


async def test_without_a_channel_approvers_are_told_in_any_case(door: Door) -> None:
    await asked(door, "nora", settings="direct_messages:no")
    assert (Audience.APPROVER, "web/@ada") in whom(await queued(door))


async def test_an_approval_with_the_proposed_role(door: Door) -> None:
    (request,) = await asked(door, "nora")
    await queued(door)
    said = heard(await door.clicks("omar", "request approve", request=request))
    assert "Approved as Viewer by Omar" in said
    assert (await door.members())["Nora"] == "active"
    assert whom(await queued(door)) == [(Audience.OUTCOME, "web/@nora")]
    assert "You may not" not in heard(await door.says("ada", "/member list search:nora"))


async def test_an_approval_with_another_role(door: Door) -> None:
    (request,) = await asked(door, "nora")
    assert "Approved as Teacher" in heard(
        await door.clicks("omar", "request approve", request=request, role="Teacher")
    )
    school = await door.school()
    (found,) = await door.requests(RequestState.APPROVED)
    roles = await door.database.read(lambda uow: list(uow.members.roles(school.id, found.person_id)))
    assert roles == ["Teacher"]


async def test_an_approval_above_the_ceiling_changes_nothing(door: Door) -> None:
    (request,) = await asked(door, "nora")
    before = await door.tables()
    reply = await door.clicks("omar", "request approve", request=request, role="District Admin")
    assert "You may not give the role District Admin" in heard(reply)
    assert await door.tables() == before


@pytest.mark.parametrize(
    ("verb", "state"),
    [("suspend", "suspended"), ("deactivate", "deactivated"), ("archive", "archived")],
)
async def test_applicants_barred_meanwhile_are_not_approved(door: Door, verb: str, state: str) -> None:
    (request,) = await asked(door, "nora")
    await door.says("ada", f"/member {verb} nora")
    before = await door.tables()
    told = await door.clicks("omar", "request approve", request=request)
    assert f"Nora is {state} here, so approving the request would not let them in" in heard(told)
    assert await door.tables() == before
    await door.clicks("omar", "request reject", request=request)
    assert await door.requests() == []


async def test_applicants_switched_off_by_their_district_are_not_approved(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    (request,) = await asked(door, "nora")
    before = await door.tables()

    def switched_off(uow: UnitOfWork) -> None:
        monkeypatch.setattr(type(uow.scim_users), "barred", lambda *_: True)

    await door.database.read(switched_off)
    told = await door.clicks("omar", "request approve", request=request)
    assert "Nora is deactivated here, so approving the request would not let them in" in heard(told)
    assert await door.tables() == before


async def test_a_rejection_with_a_reason(door: Door) -> None:
    (request,) = await asked(door, "nora")
    await queued(door)
    said = heard(await door.clicks("omar", "request reject", request=request, reason="No place left"))
    assert "Rejected by Omar" in said
    assert (await door.members())["Nora"] == "rejected"
    assert whom(await queued(door)) == [(Audience.OUTCOME, "web/@nora")]


async def test_the_second_decision_is_told_who_made_the_first(door: Door) -> None:
    (request,) = await asked(door, "nora")
    await door.clicks("omar", "request approve", request=request)
    before = await door.tables()
    for who, command in (
        ("ada", "request reject"),
        ("omar", "request approve"),
        ("nora", "request withdraw"),
    ):
        said = heard(await door.clicks(who, command, request=request))
        assert "That request is no longer waiting." in said
        assert "Approved as Viewer by Omar" in said
    assert await door.tables() == before


async def test_nobody_decides_their_own_request(door: Door) -> None:
    """Even a person who may decide all other requests."""
    await maple(door, BY_REQUEST)
    await door.says("root", f"/join {await door.code()}")
    (request,) = await door.requests()
    before = await door.tables()
    for command in ("request approve", "request reject"):
        said = heard(await door.clicks("root", command, request=request.id))
        assert "You cannot decide your own request." in said
    above = heard(await door.clicks("ada", "request approve", request=request.id))
    assert "You cannot change somebody who has rights that you do not have." in above
    assert await door.tables() == before


async def test_who_may_not_decide_cannot(door: Door) -> None:
    request, other = await asked(door, "nora", "theo")
    await door.clicks("ada", "request approve", request=other)
    before = await door.tables()
    for who in ("theo", "stranger"):
        for command in ("request approve", "request reject", "request show"):
            assert "You may not" in heard(await door.clicks(who, command, request=request)), (who, command)
        said = heard(await door.clicks(who, "request withdraw", request=request))
        assert "I cannot find that request here." in said
    assert await door.tables() == before


async def test_a_request_can_be_withdrawn_and_made_again(door: Door) -> None:
    (request,) = await asked(door, "nora")
    await queued(door)
    assert "Withdrawn by you" in heard(await door.clicks("nora", "request withdraw", request=request))
    assert "Nora" not in await door.members()
    assert "is waiting" in heard(await door.says("nora", f"/join {await door.code()}"))
    assert (await door.invitations())[0].uses_taken == 2
    assert len(await door.requests()) == 1


async def test_whoever_waits_takes_no_second_use(door: Door) -> None:
    await asked(door, "nora")
    before = await door.tables()
    assert "Your request has been waiting" in heard(await door.says("nora", f"/join {await door.code()}"))
    assert await door.tables() == before


async def test_rejected_people_do_not_come_back_by_a_code(door: Door) -> None:
    (request,) = await asked(door, "nora")
    await door.clicks("ada", "request reject", request=request)
    await door.says("ada", "/school edit approval:automatic invitation_skips_approval:yes access:public")
    await door.says("ada", '/invite create role:"School Admin"')
    door.clock.forward(timedelta(days=400))
    before = await door.tables()
    said = heard(await door.says("nora", f"/join {await door.code()}"))
    assert "Maple Grove has turned down your request to join." in said
    assert await door.tables() == before


async def test_rejected_people_may_ask_again_after_the_schools_days(door: Door) -> None:
    (request,) = await asked(door, "nora", settings="access:public")
    await door.clicks("ada", "request reject", request=request)
    line = '/join school:"Maple Grove"'
    door.clock.forward(timedelta(days=29, hours=23))
    before = await door.tables()
    assert "you can ask again" in heard(await door.says("nora", line))
    assert await door.tables() == before
    door.clock.forward(timedelta(hours=1))
    assert "is waiting" in heard(await door.says("nora", line))
    (again,) = await door.requests()
    assert "Approved" in heard(await door.clicks("ada", "request approve", request=again.id))
    assert (await door.members())["Nora"] == "active"


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive"])
async def test_withdrawing_does_not_undo_what_keeps_the_applicant_out(door: Door, verb: str) -> None:
    await maple(door, 'approval:"by request"')
    line = f"/join {await door.code()}"
    await door.says("nora", line)
    (request,) = await door.requests()
    await door.says("ada", f"/member {verb} nora")
    assert "Withdrawn by you" in heard(await door.clicks("nora", "request withdraw", request=request.id))
    assert "Your membership in Maple Grove is" in heard(await door.says("nora", line))
    assert await door.requests() == []


async def test_withdrawing_a_second_try_does_not_undo_the_first_answer(door: Door) -> None:
    (request,) = await asked(door, "nora", settings="access:public")
    await door.clicks("ada", "request reject", request=request)
    door.clock.forward(timedelta(days=31))
    await door.says("nora", '/join school:"Maple Grove"')
    (again,) = await door.requests()
    await door.clicks("nora", "request withdraw", request=again.id)
    assert (await door.members())["Nora"] == "rejected"
    assert "turned down" in heard(await door.says("nora", f"/join {await door.code()}"))


async def test_a_rejected_person_is_not_let_in_by_an_automatic_school(door: Door) -> None:
    (request,) = await asked(door, "nora", settings="access:public")
    await door.clicks("ada", "request reject", request=request)
    await door.says("ada", "/school edit approval:automatic")
    door.clock.forward(timedelta(days=31))
    assert "is waiting" in heard(await door.says("nora", '/join school:"Maple Grove"'))


async def test_a_private_school_cannot_beasked(door: Door) -> None:
    await maple(door, BY_REQUEST)
    school, before = await door.school(), await door.tables()
    for named in (school.id, '"Maple Grove"'):  # the answer does not reveal that it exists
        assert "I cannot find that school here." in heard(await door.says("nora", f"/join school:{named}"))
    assert await door.tables() == before


@pytest.mark.parametrize(("settings", "let_in"), [("invitation_skips_approval:yes", True), ("", False)])
async def test_an_invitation_skips_approval_only_where_the_school_says_so(
    door: Door, settings: str, *, let_in: bool
) -> None:
    await maple(door, BY_REQUEST, *([settings] if settings else []))
    said = heard(await door.says("nora", f"/join {await door.code()}"))
    assert ("Welcome" in said) is let_in


class _Broken(Exception):
    pass


async def test_a_unit_that_fails_after_telling_leaves_nothing_to_tell(door: Door) -> None:
    await maple(door, BY_REQUEST)
    school, before = await door.school(), await door.tables()
    nora = Actor(caller("nora"), None)

    def unit(uow: UnitOfWork) -> None:
        join_requests.file(uow, nora, members.enrol(uow, nora), school, "Viewer")
        assert uow.outbox.count_waiting() == 3
        raise _Broken

    with pytest.raises(_Broken):
        await door.database.run(unit)
    assert await door.tables() == before


async def test_a_card_says_who_invited_the_applicant_and_as_what(door: Door) -> None:
    (request,) = await asked(door, "nora")
    said = heard(await door.says("omar", f"/request show {request}"))
    assert "Invited by\nAda" in said
    for role in ("School Admin", "Staff", "Teacher"):
        assert role in said, "the approver may choose another one"


async def test_the_reason_of_a_rejection_is_kept(door: Door) -> None:
    (request,) = await asked(door, "nora")
    await door.clicks("omar", "request reject", request=request, reason="No place left")
    (decided,) = await door.requests(RequestState.REJECTED)
    assert decided.reason == "No place left"
    assert decided.decided_at == door.clock.now()


async def test_a_request_gives_nothing_of_what_its_invitation_gives_elsewhere(door: Door) -> None:
    await maple(door, BY_REQUEST, invite=None)
    ada = caller("ada", administers=True)
    await door.says(ada, '/school create "Oak" approval:"by request"')
    await door.says(ada, '/invite person to:nora roles:Staff school:"Maple Grove" schools:Oak')
    (made,) = (one for one in await door.invitations_of("Maple Grove") if one.to)
    await door.clicks("nora", "invite accept", invitation=made.id)
    (request,) = await door.requests_of("Maple Grove")
    before = await door.audit_entries()
    await door.clicks("omar", "request approve", request=request.id)
    (entry,) = (one for one in await door.audit_entries() if one not in before)
    assert entry.new == {"state": "approved", "role": "Staff"}


async def test_a_request_that_an_invitation_replaces_says_who_ended_it(door: Door) -> None:
    await maple(door, BY_REQUEST, "access:public", invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    (asked,) = await door.requests()
    await door.says("ada", "/invite person to:nia roles:Staff")
    (made, *_) = await door.invitations()
    await door.clicks("nia", "invite accept", invitation=made.id)
    (ended,) = await door.requests(RequestState.WITHDRAWN)
    assert (ended.id, ended.decided_by, ended.decided_at) == (asked.id, asked.person_id, door.clock.now())


@pytest.mark.parametrize("waits", [True, False])
async def test_a_second_click_that_was_faster_is_told(door: Door, *, waits: bool) -> None:
    """Between the look and the write somebody of this account asks, or is let in."""
    await maple(door, BY_REQUEST)
    school = await door.school()
    nora = Actor(caller("nora"), None)

    def unit(uow: UnitOfWork) -> None:
        person = members.enrol(uow, nora)
        if waits:
            join_requests.file(uow, nora, person, school, "Viewer")
        else:
            build.membership(uow, school, person)
        join_requests.file(uow, nora, person, school, "Viewer")

    with pytest.raises(RequestPending if waits else AlreadyMember):
        await door.database.run(unit)


def test_the_school_of_a_new_request_is_not_looked_up_again_for_each_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place()
    place.with_approvals_channel()
    request = build.join_request(place.uow, place.school, place.person("nia"))
    monkeypatch.delattr(FakeJoinRequests, "by_id")
    join_requests.announce(place.uow, request, place.school)
    assert [one.school_id for one in place.waiting()] == [place.school_id] * 3


def test_cards_of_other_schools_keep_the_claimant_whose_records_in_one_are_handed_over() -> None:
    place = Place()
    ada, oak = place.admin.known_person, place.another_school("Oak")
    subjects = []
    for school in (place.school, oak):
        made = build.join_request(place.uow, school, place.person(school.name), claimed_by=ada.id)
        place.shown(made.subject)
        subjects.append(made.subject)
    join_requests.redraw_claimed(place.uow, ada.id, place.school_id)
    assert place.redrawn() == subjects[:1]
    join_requests.redraw_claimed(place.uow, ada.id)
    assert set(place.redrawn()) == set(subjects)
