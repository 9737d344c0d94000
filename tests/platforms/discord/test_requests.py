"""Requests from Discord's own form: filed at the school, decided here or there, and reported once."""

from datetime import timedelta

import pytest

from bot.core.people.members import Access, Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.values import replace
from tests.platforms.discord import mirrored, specification
from tests.platforms.discord.connected import GUILD, Connected
from tests.platforms.discord.mirrored import BEN, NIA, again, decisions
from tests.servers.discord import payloads
from tests.servers.discord.hand import words
from tests.storage import build
from tests.world import START

scene = mirrored.scene
FORM = (
    {"field_type": "TERMS", "values": ["Be kind"], "response": True},
    {"field_type": "PARAGRAPH", "label": "Why do you come?", "response": "To learn *chess*"},
    {"field_type": "MULTIPLE_CHOICE", "label": "Which class?", "choices": ["5a", "6b"], "response": 1},
    {"field_type": "TEXT_INPUT", "label": "Anything else?", "response": " "},
)


async def test_whoever_applies_is_approved_here_and_let_in_there(scene: Connected) -> None:
    applied = scene.server.place.apply(NIA, "nia", FORM)
    for _ in range(3):
        await again(scene)
    (request,) = await scene.requests()
    assert (request.account, request.role) == (AccountKey("discord", NIA), "Viewer")
    assert [(one.question, one.text) for one in request.answers] == [
        ("Why do you come?", "To learn *chess*"),
        ("Which class?", "6b"),
    ]
    assert scene.cards().count("Nia asks to join Maple") == 1
    assert "what you decide here is done there" in scene.cards()
    assert "To learn" in await scene.presses("admin", "Read the answers")
    await scene.presses("admin", "Approve as Viewer")
    assert decisions(scene) == []
    for _ in range(3):
        await again(scene)
    assert decisions(scene) == [{"action": "APPROVED"}]
    assert scene.server.place.join_requests[applied]["application_status"] == "APPROVED"
    assert "Told there" in scene.cards()
    assert (await scene.audited()).count("join_request.submitted") == 1


async def test_the_second_click_changes_nothing(scene: Connected) -> None:
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    message = next(one for one in scene.server.messages.values() if one["channel_id"] == payloads.APPROVALS)
    drawn = dict(message)
    await scene.presses("admin", "Approve as Viewer")
    message.update(drawn)  # a person sees a card that was not redrawn
    clicked = await scene.hand.press("admin", "Approve as Viewer")
    await scene.server.until(lambda: clicked.messages)
    assert "no longer waiting" in words(scene.server.messages[clicked.messages[0]])
    await again(scene)
    assert len(decisions(scene)) == 1


async def test_who_is_rejected_here_is_rejected_there_with_the_reason(scene: Connected) -> None:
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    opened = await scene.hand.press("admin", "Reject")
    await scene.hand.answered(opened)
    sent = await scene.hand.submit("admin", opened, reason="No place. " * 30)
    await scene.hand.answered(sent)
    await again(scene)
    ((body),) = decisions(scene)
    assert isinstance(body, dict)
    assert body["action"] == "REJECTED"
    assert len(body["rejection_reason"]) <= 160
    assert body["rejection_reason"].endswith("…")


async def test_who_was_rejected_may_apply_anew_when_the_school_says_so(scene: Connected) -> None:
    applied = scene.server.place.apply(NIA, "nia")
    await again(scene)
    opened = await scene.hand.press("admin", "Reject")
    await scene.hand.answered(opened)
    await scene.hand.answered(await scene.hand.submit("admin", opened))
    await again(scene)
    assert decisions(scene) == [{"action": "REJECTED"}]
    scene.server.place.join_requests[applied]["application_status"] = "SUBMITTED"  # they apply once more
    for _ in range(2):
        await again(scene, timedelta(hours=1))
    assert len(await scene.requests()) == 1
    await again(scene, timedelta(days=31))
    states = [one.state for one in await scene.requests()]
    assert states == [RequestState.REJECTED, RequestState.PENDING]
    assert len(decisions(scene)) == 1


async def test_who_is_let_in_there_still_waits_here(scene: Connected) -> None:
    applied = scene.server.place.apply(NIA, "nia")
    await again(scene)
    scene.server.place.decide(applied, "APPROVED")
    for _ in range(2):
        await again(scene)
    (request,) = await scene.requests()
    assert request.state is RequestState.PENDING
    assert "does not make them a member here" in scene.cards()
    await scene.presses("admin", "Approve as Viewer")
    await again(scene)
    assert decisions(scene) == []
    assert (await scene.audited()).count("join_request.let_in_there") == 1


@pytest.mark.parametrize(
    ("there", "state", "told"),
    [
        ("REJECTED", RequestState.CLOSED, "turned away on Discord"),
        ("", RequestState.WITHDRAWN, "Withdrawn by the applicant"),
    ],
)
async def test_who_waits_there_no_more_waits_here_no_more(
    scene: Connected, there: str, state: RequestState, told: str
) -> None:
    applied = scene.server.place.apply(NIA, "nia")
    scene.server.place.apply(BEN, "ben")
    await again(scene)
    if there:
        scene.server.place.decide(applied, there)
    else:
        del scene.server.place.join_requests[applied]
    for _ in range(2):
        await again(scene)
    requests = {one.account.subject: one.state for one in await scene.requests()}
    assert requests == {NIA: state, BEN: RequestState.PENDING}
    assert told in scene.cards()
    school = await scene.school()

    def standing(uow: UnitOfWork) -> Standing | None:
        person = uow.people.by_account(AccountKey("discord", NIA))
        membership = uow.members.of(school.id, person.id) if person else None
        return membership.standing if membership else None

    assert await scene.world.database.read(standing) is not Standing.REJECTED


async def test_who_asked_here_too_has_one_request_and_it_stays(scene: Connected) -> None:
    await scene.types("admin", "school joining", access="public")
    asked = await scene.types("alice", "join", school="Maple")
    assert "is waiting" in asked
    applied = scene.server.place.apply(payloads.ALICE, "alice")
    await again(scene)
    scene.server.place.decide(applied, "REJECTED")
    await again(scene)
    (request,) = await scene.requests()
    assert request.state is RequestState.PENDING
    assert "turned away by somebody there" in scene.cards()


async def test_a_member_who_applies_is_let_in(scene: Connected) -> None:
    school = await scene.school()

    def join(uow: UnitOfWork) -> None:
        build.membership(uow, school, build.person(uow, "Nia", AccountKey("discord", NIA)))

    await scene.world.database.run(join)
    scene.server.place.apply(NIA, "nia")
    for _ in range(3):
        await again(scene)
    assert decisions(scene) == [{"action": "APPROVED"}]
    assert await scene.requests() == []


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (501, 0)])
async def test_whoever_is_no_member_any_more_is_not_let_in(scene: Connected, status: int, code: int) -> None:
    school = await scene.school()

    def join(uow: UnitOfWork) -> Membership:
        return build.membership(uow, school, build.person(uow, "Nia", AccountKey("discord", NIA)))

    def suspend(uow: UnitOfWork) -> None:
        assert uow.members.change(replace(own, access=Access.SUSPENDED), expected=own)

    own = await scene.world.database.run(join)
    scene.server.place.apply(NIA, "nia")
    scene.server.refuse("PATCH", "/guilds/*/requests/*", status, code=code)
    await again(scene)
    assert len(decisions(scene)) == 1
    await scene.world.database.run(suspend)
    for _ in range(3):
        await again(scene, timedelta(hours=1))
    assert len(decisions(scene)) == 1
    assert await scene.requests() == []


async def test_a_member_who_is_banned_by_another_account_is_for_people_there(scene: Connected) -> None:
    school = await scene.school()

    def join(uow: UnitOfWork) -> None:
        nia = build.person(uow, "Nia", AccountKey("discord", NIA))
        assert uow.accounts.link(AccountKey("discord", BEN), nia.id, START)
        build.membership(uow, school, nia)
        assert uow.bans.add(GUILD, BEN, START)

    scene.server.place.ban(BEN, "ben")  # otherwise the comparison would find that the ban is over
    await scene.world.database.run(join)
    scene.server.place.apply(NIA, "nia")
    for _ in range(3):
        await again(scene)
    assert decisions(scene) == []
    assert await scene.requests() == []


async def test_a_school_that_is_gone_decides_no_more_and_another_may(scene: Connected) -> None:
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    await scene.presses("admin", "Approve as Viewer")
    maple = await scene.school()

    def change(uow: UnitOfWork) -> None:
        uow.schools.save(replace(maple, archived_at=uow.now))
        oak = build.school(uow, "Oak")
        uow.workspaces.link(oak.id, GUILD, uow.now)
        admin = uow.people.by_account(AccountKey("discord", payloads.ADMIN))
        assert admin is not None
        build.membership(uow, oak, admin)
        uow.members.assign(admin.id, SCHOOL_ADMIN.name, oak.id, by=None, at=uow.now)

    await scene.world.database.run(change)
    await again(scene)
    assert decisions(scene) == []
    assert "On" in await scene.types("admin", "school mirror", on=True)
    for _ in range(2):
        await again(scene)
    (asked,) = await scene.requests()
    assert asked.school_id != maple.id
    assert asked.state is RequestState.PENDING
    assert decisions(scene) == []


async def test_it_is_off_until_it_is_turned_on_and_when_it_is_off_again(scene: Connected) -> None:
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    assert "already" in await scene.types("admin", "school mirror", on=True)
    assert "decided only there" in await scene.types("admin", "school mirror", on=False)
    looked = len(scene.asked("GET", "/requests"))
    await scene.presses("admin", "Approve as Viewer")
    await again(scene)
    assert len(scene.asked("GET", "/requests")) == looked
    assert decisions(scene) == []
    await scene.types("admin", "school mirror", on=True)
    await again(scene)
    await again(scene, timedelta(hours=2))
    await again(scene)
    assert decisions(scene) == [{"action": "APPROVED"}]


async def test_only_whoever_administers_the_server_turns_it_on(scene: Connected) -> None:
    assert "Only an owner or administrator" in await scene.types("alice", "school mirror", on=False)
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    assert len(await scene.requests()) == 1


def test_the_small_discord_answers_as_discord_says() -> None:
    specification.required()
    made = payloads.join_request("900", payloads.user(NIA, "nia"), FORM)
    listed = {"total": 1, "guild_join_requests": [made]}
    assert specification.answer_problem("GuildJoinRequestsListResponse", listed) is None
    broken = {"total": 1, "guild_join_requests": [{**made, "application_status": "PENDING"}]}
    assert specification.answer_problem("GuildJoinRequestsListResponse", broken) is not None
