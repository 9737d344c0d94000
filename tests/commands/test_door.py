"""Commands for invitations and requests, called through the Runner."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.actions import Action
from bot.chat.replies import Card, Fields, Form, Reply, Select, Text
from bot.chat.runner import Runner
from bot.chat.text import plain
from bot.platforms.web.playground.people import GENERAL, Player
from tests.world import open_world, sqlite_url

ADA = Player("Ada", "Admin", "#000", administers_workspace=True).caller(f"#{GENERAL}", "Playground", None)
NIA = Player("Nia", "Newcomer", "#000").caller(f"#{GENERAL}", "Playground", None)


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[Runner]:
    async with open_world(sqlite_url(tmp_path)) as world:
        await world.runner.type('/school create "Maple Grove"', ADA)
        yield world.runner


def words(reply: Reply) -> str:
    card = reply.answer or reply.redraw
    assert isinstance(card, Card)
    said = [plain(card.title)]
    for block in card.blocks:
        match block:
            case Text(line):
                said.append(plain(line))
            case Fields(pairs):
                said += [f"{plain(name)}: {plain(value)}" for name, value in pairs]
            case _:
                pass
    return " | ".join(said)


async def test_a_form_sent_with_nothing_in_it_is_answered(runner: Runner) -> None:
    assert isinstance((await runner.type("/join", NIA)).answer, Form)
    sent = await runner.act(Action("join"), NIA)
    assert (sent.refused, sent.option) == (True, "code")
    assert words(sent) == "code is missing: enter it, or choose a public school."
    assert "settings saved" in words(await runner.act(Action("school edit"), ADA))


async def test_a_support_contact_can_be_taken_away(runner: Runner) -> None:
    assert "Support contact: the office" in words(
        await runner.type("/school edit support_contact:the office", ADA)
    )
    assert "Support contact: None" in words(await runner.type("/school edit support_contact:None", ADA))


async def test_what_is_not_found_is_said_where_to_look_for(runner: Runner) -> None:
    told = words(await runner.type("/request approve Zoe", ADA))
    assert told == "I cannot find that request here. | Look in /request list."
    assert words(await runner.type("/help nonsense", ADA)).endswith("Look in /help.")


async def test_the_name_of_what_is_listed_suggests_the_list_command(runner: Runner) -> None:
    for typed in ("members", "Member's", "invites", "requests", "roles"):
        listed = typed.casefold().rstrip("s").rstrip("'")
        assert words(await runner.type(f"/{typed}", ADA)).endswith(f"Did you mean /{listed} list?"), typed


async def test_without_public_schools_none_is_named(runner: Runner) -> None:
    assert "There are no public schools." in words(await runner.type("/school find", NIA))
    assert "is called “oak”" in words(await runner.type("/school find oak", NIA))


async def test_the_form_of_a_rejection_names_whom_and_opens_only_while_they_wait(runner: Runner) -> None:
    await runner.type("/school edit access:public", ADA)
    await runner.type("/join school:Maple Grove", NIA)
    listed = (await runner.type("/request list", ADA)).answer
    assert isinstance(listed, Card)
    (waiting,) = next(block.items for block in listed.blocks if isinstance(block, Select))
    reject = Action("request reject", {"request": waiting.value}, ask=True)
    form = (await runner.form(reject, ADA)).answer
    assert isinstance(form, Form)
    assert form.note is not None
    assert plain(form.note) == "Nia asks to join Maple Grove."
    await runner.act(form.action.filled(reason="We are full."), ADA)
    late = await runner.form(reject, ADA)
    assert "That request is no longer waiting. | Rejected by Ada" in words(late)
    assert late.redraw is not None


async def test_the_approvals_channel_is_named_where_it_is(runner: Runner) -> None:
    await runner.type("/school approvals", ADA)
    assert "Approvals go to: #general" in words(await runner.type("/school show", ADA))


async def test_settings_can_be_saved_without_the_right_to_give_the_default_role(runner: Runner) -> None:
    await runner.type("/school joining approval:automatic", ADA)
    await runner.type('/role create name:Office permissions:"school.edit, member.read"', ADA)
    shown = words(await runner.type("/invite create role:Office", ADA))
    await runner.type(f"/join {re.findall('[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{5}', shown)[0]}", NIA)
    form = (await runner.form(Action("school edit", ask=True), NIA)).answer
    assert isinstance(form, Form)
    filled = {field.option.name: field.value or "" for field in form.fields}
    assert filled["default_role"] == "Viewer"
    assert "settings saved" in words(await runner.act(Action("school edit", {**filled, "name": "Oak"}), NIA))
    assert "may not give the role Staff" in words(await runner.type("/school edit default_role:Staff", NIA))


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("EST", "America/New_York"),
        ("Eastern", "America/New_York"),
        ("mst", "America/Denver"),
        ("Pacific time", "America/Los_Angeles"),
        ("arizona", "US/Arizona"),
        ("Berlin", "Europe/Berlin"),
    ],
)
async def test_zones_as_people_call_them(runner: Runner, typed: str, zone: str) -> None:
    saved = words(await runner.type(f'/school edit zone:"{typed}"', ADA))
    assert f"Time zone: {zone}" in saved
    offered = [item.value for item in await runner.suggest("school edit", "zone", typed, ADA)]
    assert offered[0] == zone
    assert not {"EST", "MST"} & set(offered)


@pytest.mark.parametrize("typed", ["GMT+2", "UTC-5", "+02:00", "Etc/GMT+2", "gmt +1"])
async def test_an_offset_is_no_zone(runner: Runner, typed: str) -> None:
    """In the time zone database GMT+2 is west of Greenwich, so times would be four hours off."""
    refused = words(await runner.type(f'/school edit zone:"{typed}"', ADA))
    assert "zone cannot be an offset, which changes in summer" in refused
    for part in (typed, "gmt"):
        offered = await runner.suggest("school edit", "zone", part, ADA)
        assert not [one.value for one in offered if "+" in one.value or "-" in one.value]


async def test_roles_and_people_are_offered_to_who_writes_them_like_mentions(runner: Runner) -> None:
    for path, name, typed in (("invite create", "role", "@sta"), ("member show", "person", "@ad")):
        assert len(await runner.suggest(path, name, typed, ADA)) == 1
