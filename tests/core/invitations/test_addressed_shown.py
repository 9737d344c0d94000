"""Where addressed invitations are shown: in lists of people, and to their addressees."""

from bot.core.invitations.invitations import InvitationState
from bot.core.ports import UnitOfWork
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA, INVITE, NIA, link, newest, roles, signed_in, state
from tests.outbox import deliver_all


async def test_the_list_of_people_tells_how_it_goes(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    made = await newest(door)

    async def told(word: str) -> bool:
        return "Nia" in heard(await door.says(ADA, f'/member list invited:"{word}"'))

    assert await told("not sent")
    assert "nia@example.org" in heard(await door.says(ADA, "/member list search:Nia"))
    await door.clicks(ADA, "invite send", invitation=made.id)
    assert await told("scheduled")
    await door.clicks(NIA, "invite decline", invitation=link(made))
    assert await told("declined")
    assert not await told("sent")


async def test_an_invited_person_can_be_taken_off_the_list(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    made = await newest(door)
    assert not (await door.says(ADA, "/member remove Nia")).refused
    assert "Nia" not in await door.members()
    assert await state(door, made) is InvitationState.CLEARED


async def test_people_are_invited_as_they_are_added(door: Door) -> None:
    await maple(door, invite=None)
    add = "/member create email:{0}@example.org first_name:{0} last_name:Added roles:Staff invite:{1}"
    assert heard(await door.says(ADA, add.format("later", "later"))).startswith("Preview")
    assert await state(door, await newest(door)) is InvitationState.NOT_SENT
    assert "goes out" in heard(await door.says(ADA, add.format("now", "now")))
    made = await newest(door)
    assert await state(door, made) is InvitationState.SCHEDULED
    await door.says(ADA, add.format("no", "no"))
    assert (await newest(door)).id == made.id
    visitor = signed_in("now", "now@example.org")
    assert "Welcome" in heard(await door.clicks(visitor, "invite accept", invitation=link(made)))
    assert await roles(door, "now Added") == ("Staff",)
    assert len(await door.members()) == 5, "they are who was added"


async def test_me_lists_what_waits_for_me(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:zoe name:Zoe roles:Staff")
    made = await newest(door)
    assert "invited you" not in heard(await door.says("zoe", "/me")), "it is not sent yet"

    def sent(uow: UnitOfWork) -> None:
        uow.sendings.save_status(made.id, send_at=None, sent_at=uow.now, error="")

    await door.database.run(sent)
    shown = await door.says("zoe", "/me")
    assert "Ada invited you to Maple Grove" in heard(shown)
    do = actions_in(shown)["Accept"]
    assert "Welcome to Maple Grove" in heard(await door.clicks("zoe", do.command, **do.values))
    assert "invited you" not in heard(await door.says("zoe", "/me"))
    assert "invited you" not in heard(await door.says("eve", "/me"))


async def test_what_nobody_was_told_of_hides_nothing_that_waits(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    await door.clicks(ADA, "invite send", invitation=(await newest(door)).id)
    await door.database.run(deliver_all)
    sent = await newest(door)
    await door.database.run(
        lambda uow: uow.sendings.save_status(sent.id, send_at=None, sent_at=uow.now, error="")
    )
    for name in ("Oak", "Elm", "Fir", "Ash", "Yew"):
        await door.says(ADA, f'/school create "{name}" approval:automatic')
        await door.says(ADA, f"{INVITE} school:{name}")
    said = heard(await door.says(NIA, "/me"))
    assert "Ada invited you to Maple Grove" in said
    assert "Oak" not in said


async def test_what_never_went_out_is_not_said_to_go_out(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    made = await newest(door)
    assert "Goes out\nNot yet" in heard(await door.says(ADA, f"/invite show {made.id}"))
    await door.clicks(ADA, "invite send", invitation=made.id, at="Friday 17:00")
    assert "Goes out\n04 Sep 2026, 17:00 UTC" in heard(await door.says(ADA, f"/invite show {made.id}"))
    await door.clicks(ADA, "invite clear", invitation=made.id)
    assert "Goes out" not in heard(await door.says(ADA, f"/invite show {made.id}"))
