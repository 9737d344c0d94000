"""Batches of single-use codes, as admins use them."""

import re
from textwrap import dedent

import pytest

from bot.chat.replies import Card, File, Reply
from bot.core.ids import normal_code
from bot.core.invitations.batches import CODES_PER_SHEET
from tests.core.door import Door, actions_in, heard, maple, table_in
from tests.core.logged import Log
from tests.world import caller

ADA = caller("ada", administers=True)


def file_in(reply: Reply) -> File:
    card = reply.answer
    assert isinstance(card, Card)
    (found,) = (block for block in card.blocks if isinstance(block, File))
    return found


async def made(door: Door, line: str = "/invite batch count:3") -> Reply:
    return await door.says(ADA, line)


async def test_each_code_works_once_and_the_file_has_them_all(door: Door) -> None:
    await maple(door)
    before = await door.audited()
    reply = await made(door, '/invite batch count:3 role:Staff label:"7b" note:Hi expires:7d')
    assert "3 single-use codes for Maple Grove" in heard(reply)
    assert (await door.audited())[len(before) :] == ["batch.created"]
    found = table_in(reply)
    assert file_in(reply).name == "codes.xlsx", (
        "spreadsheets split text files differently from country to country"
    )
    assert [one["label"] for one in found] == ["7b"] * 3
    assert [one["state"] for one in found] == ["Open"] * 3
    assert len({one["code"] for one in found} | {one["link"] for one in found}) == 6
    for number, one in enumerate(found):
        assert "as Staff" in heard(await door.says(f"p{number}", f"/join {one['code']}"))
        assert "cannot be used" in heard(await door.says(f"q{number}", f"/join {one['link']}"))


async def test_the_files_are_made_again_and_say_how_each_code_stands(door: Door) -> None:
    await maple(door)
    reply = await made(door)
    first, *_ = table_in(reply)
    await door.says("nora", f"/join {first['code']}")
    again = table_in(await door.runner.act(actions_in(reply)["Codes as a file"], ADA))
    assert {one["code"] for one in again} == {one["code"] for one in table_in(reply)}
    assert sorted(one["state"] for one in again) == ["Open", "Open", "Used up"]


async def test_a_sheet_has_a_picture_of_every_link_that_works(door: Door) -> None:
    await maple(door)
    reply = await made(door, '/invite batch count:3 note:"<b>Hi</b>"')
    used, *left = table_in(reply)
    await door.says("nora", f"/join {used['code']}")
    sheet = file_in(await door.runner.act(actions_in(reply)["Sheet to print"], ADA)).content.decode()
    assert sheet.count("<svg") == sheet.count("<section") == 2
    assert all(one["code"] in sheet for one in left)
    assert used["code"] not in sheet
    assert "&lt;b&gt;Hi" in sheet
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", sheet), "it fetches nothing"


async def test_the_whole_batch_is_revoked_and_members_stay(door: Door) -> None:
    await maple(door)
    reply = await made(door)
    first, second, _ = table_in(reply)
    await door.says("nora", f"/join {first['code']}")
    before = await door.audited()
    said = heard(await door.runner.act(actions_in(reply)["Revoke all"], ADA))
    assert "2 single-use codes revoked" in said
    assert (await door.audited())[len(before) :] == ["batch.revoked"]
    assert "cannot be used" in heard(await door.says("theo", f"/join {second['code']}"))
    assert (await door.members())["Nora"] == "active"
    again = await door.runner.act(actions_in(reply)["Revoke all"], ADA)
    assert "Nothing was changed" in heard(again)


async def test_batches_are_listed_page_by_page_and_apart_from_the_rest(door: Door) -> None:
    await maple(door)
    assert "no batches of codes yet" in heard(await door.says(ADA, "/invite batches"))
    for number in range(12):
        await made(door, f'/invite batch count:1 label:"class {number}"')
    first = await door.says(ADA, "/invite batches")
    assert "class 11" in heard(first)
    assert "class 1," not in heard(first)
    rest = await door.runner.act(actions_in(first)["Older"], ADA)
    assert "class 1," in heard(rest)
    assert "class 11" not in heard(rest)
    plain_list = heard(await door.says(ADA, "/invite list"))
    assert "class" not in plain_list
    assert "School Admin" in plain_list


async def test_a_code_of_a_batch_is_found_by_itself(door: Door) -> None:
    await maple(door)
    first, *_ = table_in(await made(door, '/invite batch count:2 label:"class"'))
    assert first["code"] in heard(await door.says(ADA, f"/invite list search:{first['code']}"))
    assert "Uses left\n1" in heard(await door.says(ADA, f"/invite show {first['code']}"))


async def test_a_large_batch_has_sheets(door: Door) -> None:
    await maple(door)
    reply = await made(door, f"/invite batch count:{CODES_PER_SHEET + 2}")
    assert {"Sheet 1", "Sheet 2"} <= set(actions_in(reply))
    second = file_in(await door.runner.act(actions_in(reply)["Sheet 2"], ADA)).content.decode()
    assert second.count("<svg") == 2
    codes = [one["code"] for one in table_in(reply)]
    assert all(code in second for code in codes[CODES_PER_SHEET:])
    assert all(normal_code(code) for code in codes)


@pytest.mark.parametrize("command", ["codes", "sheet"])
async def test_only_who_may_see_codes_gets_the_files(door: Door, command: str) -> None:
    await maple(door)
    reply = await made(door)
    batch = actions_in(reply)["Codes as a file"].values["batch"]
    await door.says(ADA, '/role create name:"Front desk" permissions:invitation.read,invitation.create')
    await door.says(ADA, '/invite create role:"Front desk"')
    await door.says("nora", f"/join {await door.code()}")
    for who in ("nora", "stranger"):
        said = await door.clicks(who, f"invite {command}", batch=batch)
        assert said.refused
        assert table_in(reply)[0]["code"] not in heard(said)
    seen = await door.clicks("nora", "invite pack", batch=batch)
    assert "3 single-use codes" in heard(seen)
    assert "Codes as a file" not in actions_in(seen)


async def test_a_schools_limits_hold_for_batches(door: Door) -> None:
    await maple(door)
    assert "10,000" in heard(await made(door, "/invite batch count:10001"))
    assert "lies in the past" in heard(await made(door, "/invite batch count:2 expires:yesterday"))
    before = await door.tables()
    assert (await made(door, '/invite batch count:2 role:"Primary Admin"')).refused
    assert await door.tables() == before


async def test_the_log_tells_who_made_how_many_and_who_ended_them(door: Door) -> None:
    """Root is named only in the settings, and becomes a person by this change."""
    await maple(door)
    log = Log(door)
    await log.fresh()
    made_of = actions_in(await door.says("root", "/invite batch count:3 role:Staff expires:2026-09-05T08:00"))
    batch = made_of["Revoke all"].values["batch"]
    assert not (await door.clicks(ADA, "invite recall", batch=batch)).refused
    again = heard(await door.clicks(ADA, "invite recall", batch=batch))
    assert again.startswith("Nothing was changed. How it stands: revoked or used up.")
    assert await log.fresh() == dedent("""\
        Root (web, Maple Grove) batch.created batch:#1
          - -> role=Staff, uses_allowed=1, expires_at=2026-09-05T08:00:00+00:00, size=3
        Ada (web, Maple Grove) batch.revoked batch:#1
          - -> revoked=3
        """)


async def test_a_batch_that_is_none_is_told_as_one_of_another_school(door: Door) -> None:
    await maple(door)
    for command in ("invite pack", "invite codes", "invite sheet", "invite recall"):
        assert "I cannot find that batch" in heard(await door.clicks(ADA, command, batch="none"))
