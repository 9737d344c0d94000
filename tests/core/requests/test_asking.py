"""Asking to join a public school: who may, who is let in at once, what is stored, and asking again."""

from datetime import timedelta
from textwrap import dedent

import pytest

from bot.chat.replies import Form
from bot.core.errors import NotFound
from bot.core.joining_errors import AlreadyMember, AskAgainLater, SchoolPrivate
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.requests import asking, join_requests
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import Actor, Caller, Platform, WorkspaceKey
from bot.core.workspaces import events as workspace_events
from tests.core.door import MOMENT, Door, as_, heard, maple
from tests.core.invited import ADA, newest
from tests.core.logged import Log
from tests.core.waiting import lapse
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)

DAY = timedelta(days=1)
BY_REQUEST = 'approval:"by request"'
JOIN = '/join school:"Maple Grove"'
HERE = WorkspaceKey(Platform.WEB, "playground")


def submit(uow: UnitOfWork, who: Caller) -> object:
    """Ask to join the only school, as it is stored now."""
    (school,) = uow.schools.linked_to(HERE)
    return asking.submit(uow, as_(uow, who), school)


async def lapsed(door: Door) -> JoinRequest:
    """Let a pending request lapse; return it."""
    (request,) = await door.requests()
    await lapse(door)
    (found,) = await door.requests(RequestState.LAPSED)
    assert found.id == request.id
    return found


@pytest.mark.parametrize(
    ("line", "who"),
    [("/school edit access:private", ADA), ("/school archive", caller("root"))],
    ids=["private", "archived"],
)
async def test_a_school_that_shut_its_door_meanwhile_is_asked_by_nobody(
    door: Door, line: str, who: Caller
) -> None:
    await maple(door, "access:public", invite=None)
    school = await door.school()
    assert not (await door.says(who, line)).refused

    def unit(uow: UnitOfWork) -> None:
        now, nia = uow.schools.by_id(school.id), Actor(caller("nia"), None)
        assert now is not None
        for ask in (asking.submit, asking.questions_for):
            with pytest.raises(SchoolPrivate):
                ask(uow, nia, now)

    stored = await door.known()
    await door.database.run(unit)
    assert await door.known() == stored


async def test_invited_people_can_join_a_public_school_without_their_invitation(door: Door) -> None:
    await maple(door, "access:public", invite=None)
    await door.says(ADA, "/invite person name:Nia")
    to = (await newest(door)).to
    assert to is not None
    person_id = to.person_id
    await door.database.run(lambda uow: uow.accounts.link(caller("nia").account, person_id, uow.now))
    log = Log(door)
    await log.fresh()
    assert heard(await door.says("nia", JOIN)).startswith("Welcome to Maple Grove")
    assert await door.members() == {"Ada": "active", "Omar": "active", "Nia": "active"}
    assert await log.fresh() == dedent("""\
        Nia (web, Maple Grove) school.joined school:Maple Grove
          - -> role=Viewer
        """)


async def test_the_second_of_two_clicks_finds_a_member_already(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door, "access:public", invite=None)

    def unit(uow: UnitOfWork) -> None:
        monkeypatch.setattr(type(uow.members), "add", lambda *_: False)
        with pytest.raises(AlreadyMember):
            submit(uow, caller("nia"))

    await door.database.run(unit)


@pytest.mark.parametrize("banned", ["nia", "nias-other"])
async def test_an_admin_decides_about_whoever_is_banned_where_all_others_are_let_in(
    door: Door, banned: str
) -> None:
    """By whichever account they come, they are one person."""
    await maple(door, "access:public", invite=None)
    nia, other = caller("nia"), caller("nias-other")
    if banned != "nia":

        def known(uow: UnitOfWork) -> None:
            submit(uow, nia)
            person = uow.people.by_account(nia.account)
            assert person is not None
            uow.accounts.link(other.account, person.id, uow.now)

        await door.database.run(known)
        await door.says(ADA, "/member remove nia")
    await door.database.run(lambda uow: workspace_events.banned(uow, HERE, caller(banned).account))
    assert "is waiting" in heard(await door.says("nia", JOIN))
    assert heard(await door.says("leo", JOIN)).startswith("Welcome")
    assert (await door.members())["Nia"] == "pending"


AUTOMATIC = "/school joining approval:automatic"
TURNED_AWAY = "turned away before"


@pytest.mark.parametrize("how", ["asks again", TURNED_AWAY, "suspended"])
async def test_asking_again_lets_waiting_people_in_once_approval_is_automatic(door: Door, how: str) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    if how == TURNED_AWAY:
        (first,) = await door.requests()
        await door.clicks(ADA, "request reject", request=first.id)
        door.clock.forward(31 * DAY)
        await door.says("nia", JOIN)
    if how == "suspended":
        await door.says(ADA, "/member suspend nia")
    assert "1 person asked before this and is still waiting" in heard(await door.says(ADA, AUTOMATIC))
    assert "still waiting" not in heard(await door.says(ADA, "/school joining late_codes:yes"))
    told = heard(await door.says("nia", JOIN))
    if how == "asks again":
        assert told.startswith("Welcome to Maple Grove")
        assert (await door.members())["Nia"] == "active"
        assert not await door.requests()
        assert len(await door.requests(RequestState.WITHDRAWN)) == 1
    else:
        assert "Welcome" not in told
        assert len(await door.requests()) == 1


async def test_whoever_is_let_in_at_last_locks_the_school_before_the_person(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever changes a member locks the school first: another order would deadlock."""
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    await door.says(ADA, AUTOMATIC)
    done: list[str] = []

    def unit(uow: UnitOfWork) -> None:
        for kind, name in (type(uow.schools), "lock"), (type(uow.people), "hold"):
            monkeypatch.setattr(kind, name, lambda *_, name=name: done.append(name))
        submit(uow, caller("nia"))

    await door.database.run(unit)
    assert done[:2] == ["lock", "hold"]


async def test_what_an_admin_decides_at_that_moment_is_not_withdrawn_besides(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    (request,) = await door.requests()
    redrawn: list[str] = []
    monkeypatch.setattr(join_requests, "redraw_copies", lambda _, subject: redrawn.append(subject))

    def unit(uow: UnitOfWork) -> None:
        with monkeypatch.context() as faster:
            faster.setattr(type(uow.join_requests), "decide", lambda *_: False)
            join_requests.supersede_pending(uow, request.school_id, request.person_id)
        assert redrawn == []
        join_requests.supersede_pending(uow, request.school_id, request.person_id)
        assert redrawn == [request.subject]

    await door.database.run(unit)


async def test_a_request_that_nobody_answered_is_not_filed_again_where_all_come_in(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    first = await lapsed(door)
    await door.says(ADA, AUTOMATIC)
    told = heard(await door.clicks("nia", "request again", request=first.id))
    assert told.startswith("Welcome to Maple Grove")
    assert not await door.requests()


async def test_an_older_request_lets_nobody_in_who_was_rejected_since(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    first = await lapsed(door)
    await door.says("nia", JOIN)
    (second,) = await door.requests()
    await door.clicks(ADA, "request reject", request=second.id)
    await door.says(ADA, AUTOMATIC)
    door.clock.forward(31 * DAY)
    assert "Waiting for an admin" in heard(await door.clicks("nia", "request again", request=first.id))
    assert (await door.members())["Nia"] == "pending"


async def test_an_older_request_lets_people_in_who_were_invited_since(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    first = await lapsed(door)
    school = await door.school()

    def on_the_list(uow: UnitOfWork) -> bool:
        return members.await_approval(uow, school.id, first.person_id, None)

    assert await door.database.run(on_the_list)
    await door.says(ADA, AUTOMATIC)
    told = heard(await door.clicks("nia", "request again", request=first.id))
    assert told.startswith("Welcome to Maple Grove")
    assert (await door.members())["Nia"] == "active"


async def test_what_was_answered_is_kept_and_asked_with_again(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says(ADA, '/school questions question_1:"Which class?"')
    form = (await door.says("nia", JOIN)).answer
    assert isinstance(form, Form)
    log = Log(door)
    await log.fresh()
    await door.clicks("nia", form.action.command, **form.action.values, answer_1="4b")
    first = await lapsed(door)
    assert [(one.question, one.text) for one in first.answers] == [("Which class?", "4b")]
    assert not (await door.clicks("nia", "request again", request=first.id)).refused
    (second,) = await door.requests()
    assert (second.answers, second.late, second.role) == (first.answers, "", first.role)
    lines = (await log.fresh()).splitlines()
    # The request that lapsed has an entry too.
    assert lines[0] == "Nia (web, Maple Grove) join_request.submitted join_request:of Nia"
    assert lines[-2:] == [
        "Nia (web, Maple Grove) join_request.submitted join_request:of Nia",
        "  - -> after=of Nia",
    ]


async def test_asking_again_after_a_late_code_is_late_too(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school joining late_codes:yes")
    await door.says(ADA, "/invite create expires:1d role:Staff")
    code = await door.code()
    door.clock.forward(2 * DAY)
    await door.says("nia", f"/join {code}")
    first = await lapsed(door)
    await door.clicks("nia", "request again", request=first.id)
    (second,) = await door.requests()
    assert (second.late, second.role, second.invitation_id) == ("expired", "Staff", first.invitation_id)


async def test_people_can_ask_again_after_a_rejection_and_a_lapse(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    (first,) = await door.requests()
    await door.clicks(ADA, "request reject", request=first.id)
    door.clock.forward(31 * DAY)
    await door.says("nia", JOIN)
    second = await lapsed(door)
    assert (await door.members())["Nia"] == "rejected"
    assert not (await door.clicks("nia", "request again", request=second.id)).refused
    assert (await door.members())["Nia"] == "pending"


async def test_members_and_people_who_withdrew_cannot_ask_again(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    first = await lapsed(door)
    await door.says("nia", JOIN)
    (second,) = await door.requests()
    await door.clicks(ADA, "request approve", request=second.id)
    stored = await door.known()
    told = heard(await door.clicks("nia", "request again", request=first.id))
    assert told.startswith("You are already a member of Maple Grove.")
    assert await door.known() == stored
    await door.says("leo", JOIN)
    (third,) = await door.requests()
    await door.clicks("leo", "request withdraw", request=third.id)
    stored = await door.known()
    told = heard(await door.clicks("leo", "request again", request=third.id))
    assert told.startswith("That request is no longer waiting.")
    assert await door.known() == stored


async def test_nobody_asks_once_more_for_another_or_where_the_school_is_gone(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    await door.says("leo", JOIN)
    request = next(one for one in await door.requests() if one.account.subject == "nia")
    await lapse(door)
    for who in ("leo", "eve"):
        assert "I cannot find that request" in heard(
            await door.clicks(who, "request again", request=request.id)
        )
    await door.says("root", "/school archive")

    def unit(uow: UnitOfWork) -> None:
        fresh = uow.join_requests.by_id(request.id)
        assert fresh is not None
        asking.ask_again(uow, as_(uow, "nia"), fresh)

    with pytest.raises(NotFound):
        await door.database.run(unit)


async def test_rejected_people_may_ask_again_from_the_time_that_they_were_told(door: Door) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says(ADA, "/school joining ask_again_days:2")
    await door.says("nia", JOIN)
    (request,) = await door.requests()
    await door.clicks(ADA, "request reject", request=request.id)
    at = door.clock.now() + 2 * DAY
    door.clock.at = at - MOMENT

    def unit(uow: UnitOfWork) -> object:
        return submit(uow, caller("nia"))

    with pytest.raises(AskAgainLater) as refused:
        await door.database.run(unit)
    assert refused.value.at == at
    door.clock.at = at
    assert isinstance(await door.database.run(unit), JoinRequest)


@pytest.mark.parametrize("verb", ["suspend", "archive"])
async def test_whoever_is_kept_out_otherwise_is_told_that_however_long_ago_they_were_turned_away(
    door: Door, verb: str
) -> None:
    await maple(door, "access:public", BY_REQUEST, invite=None)
    await door.says("nia", JOIN)
    (request,) = await door.requests()
    await door.clicks(ADA, "request reject", request=request.id)
    assert not (await door.says(ADA, f"/member {verb} nia")).refused
    door.clock.forward(99 * DAY)
    told = heard(await door.says("nia", JOIN))
    assert told.startswith("Your membership in Maple Grove is")
