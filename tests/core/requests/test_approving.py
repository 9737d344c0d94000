"""Approving all requests on a card: each is checked by itself, and each applicant is told."""

from datetime import timedelta

from bot.chat.replies import Actions, Button, Card
from bot.chat.text import plain
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import approving
from bot.core.requests.join_requests import JoinRequest
from tests.core.digesting import ask, school_with_channel
from tests.core.door import Door, actions_in, heard
from tests.storage import build


def _button(card: object, label: str) -> Button:
    assert isinstance(card, Card)
    rows = [block.buttons for block in card.blocks if isinstance(block, Actions)]
    found = [one for row in rows for one in row if isinstance(one, Button) and plain(one.label) == label]
    return found[-1]


async def _shown(door: Door) -> dict[str, str]:
    return dict(actions_in(await door.says("ada", "/request digest"))["Approve all shown"].values)


async def test_the_confirmation_names_the_count(door: Door) -> None:
    await school_with_channel(door, *(f"p{number}" for number in range(7)))
    button = _button((await door.says("ada", "/request digest")).answer, "Approve all shown")
    assert button.confirm is not None
    assert plain(button.confirm.title) == "Approve 5 people?"


async def test_exactly_those_who_are_shown_are_let_in(door: Door) -> None:
    await school_with_channel(door, *(f"p{number}" for number in range(6)))
    shown = await _shown(door)
    door.clock.forward(-timedelta(hours=1))  # put back; the next asks "before" the others
    await ask(door, "early")
    reply = await door.clicks("ada", "request admit_all", **shown)
    said = heard(reply)
    assert said.startswith("5 of 5 approved for Maple Grove")
    assert "2 people wait to join Maple Grove" in said
    members = await door.members()
    assert [members[f"P{number}"] for number in range(6)] == ["active"] * 5 + ["pending"]
    assert members["Early"] == "pending"


async def test_each_is_checked_alone_and_told_of(door: Door) -> None:
    await school_with_channel(door, "nora", "omid", "pia")
    await door.says("root", f"/join {await door.code()}")
    before = await door.requests()
    await door.clicks("omar", "request reject", request=before[0].id)
    await door.clicks("omid", "request withdraw", request=before[1].id)
    audited = len(await door.audited())
    shown = {"school": before[0].school_id, "shown": approving.pack(before)}
    said = heard(await door.clicks("root", "request admit_all", **shown))
    assert said.startswith("1 of 4 approved")
    assert "Nora\nAlready decided: Rejected by Omar" in said
    assert "Omid\nAlready decided: Withdrawn" in said
    assert "Pia\nApproved as Viewer" in said
    assert "Root\nYour own request" in said
    assert len(await door.audited()) == audited + 1
    again = heard(await door.clicks("ada", "request admit_all", **shown))
    assert "Pia\nAlready decided: Approved as Viewer by Root" in again


async def test_a_card_that_nobody_has_drawn_approves_nobody(door: Door) -> None:
    """Neither if one of the requests does not exist, nor if the list is cut off."""
    await school_with_channel(door, "nora", "omid")
    before = await door.requests()
    packed = approving.pack(before)
    for wrong in (packed[:-1], f"{packed}x", packed[:-1] + "#", f"{packed}{'0' * 7}"):
        values = {"school": before[0].school_id, "shown": wrong}
        assert (await door.clicks("ada", "request admit_all", **values)).refused
    assert await door.requests() == before


async def test_nobody_gets_what_the_approver_may_not_give(door: Door) -> None:
    await school_with_channel(door)
    made = '/role create name:Greeter permissions:"request.*, role.grant" grants:Viewer'
    assert "Greeter, a role of" in heard(await door.says("ada", made))
    await door.says("ada", "/invite create role:Greeter uses:1")
    await ask(door, "gia")
    (gia,) = await door.requests()
    await door.clicks("ada", "request approve", request=gia.id)
    await door.says("ada", "/invite create")
    await ask(door, "nora")
    await door.says("ada", '/invite create role:"School Admin"')
    await ask(door, "omid")
    reply = await door.says("gia", "/request digest")
    action = actions_in(reply)["Approve all shown"]
    said = heard(await door.clicks("gia", action.command, **action.values))
    assert "Nora\nApproved as Viewer" in said
    assert "Omid\nYou may not give the role School Admin" in said
    assert (await door.members())["Omid"] == "pending"


async def test_an_approver_who_was_suspended_approves_nobody(door: Door) -> None:
    await school_with_channel(door, "nora", "omid")
    shown = await _shown(door)
    await door.says("ada", "/member suspend omar")
    before = await door.tables()
    assert "You may not" in heard(await door.clicks("omar", "request admit_all", **shown))
    assert await door.tables() == before


async def test_approving_all_finds_only_the_requests_that_it_names(door: Door) -> None:
    await school_with_channel(door, "nora")
    school = (await door.school()).id
    before = await door.tables()
    for odd in ("x", "%", "a" * 200, "nora"):
        said = heard(await door.clicks("ada", "request admit_all", school=school, shown=odd))
        assert "I cannot find that request here" in said
    assert await door.tables() == before


async def test_nobody_is_approved_if_one_request_cannot_be(door: Door) -> None:
    """A request without its membership cannot arise by commands; if it does, nobody is approved."""
    await school_with_channel(door, "nora", "omid")
    shown = await _shown(door)
    _, omid = await door.requests()

    def lose(uow: UnitOfWork) -> None:
        membership = uow.members.of(omid.school_id, omid.person_id)
        assert membership is not None
        assert uow.members.withdraw(membership.id)

    await door.database.run(lose)
    before = await door.tables()
    reply = await door.clicks("ada", "request admit_all", **shown)
    assert reply.refused
    assert await door.tables() == before


async def test_nobody_is_let_in_whose_name_lies_across_two_that_are_shown(door: Door) -> None:
    await school_with_channel(door)
    school = await door.school()

    def ask_three(uow: UnitOfWork) -> list[JoinRequest]:
        made = []
        for tail in ("aaaaaab", "bcccccc", "aaaaabb"):
            person = build.person(uow, tail)
            build.membership(uow, school, person, Standing.PENDING)
            made.append(build.join_request(uow, school, person, id=f"{build.fresh_id()[:-7]}{tail}"))
        return made

    first, second, between = await door.database.run(ask_three)
    shown = {"school": school.id, "shown": approving.pack([first, second])}
    assert heard(await door.clicks("ada", "request admit_all", **shown)).startswith("2 of 2 approved")
    assert [one.id for one in await door.requests()] == [between.id]


async def test_what_keeps_one_out_keeps_no_other_out(door: Door) -> None:
    await school_with_channel(door, "nora", "omid", "pia", "quin")
    shown = await _shown(door)
    await door.says("ada", "/member suspend nora")
    await door.says("root", "/system edit members_a_school:4")
    said = heard(await door.clicks("ada", "request admit_all", **shown))
    assert said.startswith("2 of 4 approved")
    assert "Nora\nIs suspended: undo that first, or reject the request" in said
    assert "Quin\nThe school already has as many members as it may have" in said
    assert len(await door.requests()) == 2
    members = await door.members()
    assert [members[name] for name in ("Nora", "Omid")] == ["pending", "active"]
    assert [members[name] for name in ("Pia", "Quin")] == ["active", "pending"]
