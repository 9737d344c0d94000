"""The panel: approvers decide on it and go on with it, and it is one message on every platform."""

from bot.cards import home as cards
from bot.cards.home import ChosenSchool, OwnSchools, Page
from bot.chat.replies import Card, Reply, Select
from bot.chat.text import plain
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import views as request_views
from bot.core.requests.views import RequestView
from bot.core.rights.permissions import Permission
from bot.platforms.discord.rendering.render import render
from tests.core.digesting import BY_REQUEST, ask
from tests.core.door import Door, heard, maple, open_door
from tests.storage import build
from tests.world import START, caller


async def test_a_decision_on_the_panel_shows_the_next_request(door: Door) -> None:
    await maple(door, BY_REQUEST)
    await ask(door, "nora", "omid")
    first, second = await door.requests()
    reply = await door.clicks("ada", "home approve", request=first.id)
    assert reply.answer is None
    assert isinstance(reply.redraw, Card)
    assert "asks to be" in heard(reply)
    reply = await door.clicks("ada", "home reject", request=second.id, reason="No place")
    assert "Nobody is waiting." in heard(reply)


async def test_the_panel_stays_though_somebody_else_was_faster(door: Door) -> None:
    await maple(door, BY_REQUEST)
    await ask(door, "nora")
    (nora,) = await door.requests()
    await door.clicks("ada", "request approve", request=nora.id)
    for verb in ("approve", "reject"):
        reply = await door.clicks("ada", f"home {verb}", request=nora.id)
        assert "Ada" in heard(reply)
        assert (reply.refused, reply.redraw) == (True, None)


async def test_the_fullest_panel_is_one_message_of_discords(door: Door) -> None:
    def unit(uow: UnitOfWork) -> Card:
        ada, school = build.person(uow), build.school(uow)
        request = build.join_request(uow, school, ada)
        waiting: list[RequestView] = [request_views.view(uow, request)] * 4
        membership = Membership(build.fresh_id(), school.id, ada.id, Standing.ACTIVE, START)
        own = OwnSchools([(school, membership, ["School Admin"])] * 10, Page("1"))
        return cards.panel(
            own, ChosenSchool(school, frozenset(Permission), waiting, Page("1"), 1000, 1000), ()
        )

    (only,) = render(await door.database.run(unit))
    assert "1000 open invitations · 1000 people" in "\n".join(only.words)


async def test_whoever_looks_after_schools_finds_them_there() -> None:
    door = open_door("web:root")
    await maple(door)
    await door.says(caller("ada", administers=True), "/school create name:Oak")
    reply = await door.says("root", "/home show")
    assert "look after the schools" in heard(reply)
    (select,) = (one for one in shown(reply).blocks if isinstance(one, Select))
    assert [plain(one.label) for one in select.items] == ["Maple Grove", "Oak"]
    opened = heard(await door.clicks("root", "home open", school=select.items[0].value))
    assert "1 open invitation" in opened
    assert "not in a school yet" in heard(await door.says("zoe", "/home show"))


async def test_the_schools_that_are_suggested_can_be_opened() -> None:
    door = open_door("web:root")
    await maple(door)
    await door.says(caller("eve", administers=True), "/school create name:Oak")
    for who, names in (("ada", ["Maple Grove"]), ("root", ["Maple Grove", "Oak"]), ("zoe", [])):
        found = await door.runner.suggest("home show", "school", "", caller(who))
        assert [plain(one.label) for one in found] == names


def shown(reply: Reply) -> Card:
    assert isinstance(reply.answer, Card)
    return reply.answer
