"""/roster as people use it: who may, late clicks, and what others do not learn."""

from functools import partial
from typing import Any

import pytest

from bot.cards.notices import notices
from bot.chat.replies import Card, File, Form, Reply
from bot.chat.text import plain
from bot.commands import REGISTRY
from bot.core.notices.notices import Audience
from bot.core.ports import UnitOfWork
from bot.core.rosters import applying
from bot.core.rosters.imports import KIND
from bot.jobs.rosters import RosterWorker
from bot.platforms.web.playground.uploads import HeldFile
from tests.core.door import Door, actions_in, heard
from tests.world import caller

ADA = caller("ada", administers=True)
HEAD = "email,first name,last name,role,educator id\n"
NIA, LEO, MO = (
    "nia@example.org,Nia,Novak,Staff,7\n",
    "leo@example.org,Leo,Lind,,\n",
    "mo@example.org,Mo,Moss,,\n",
)


@pytest.fixture
async def maple(door: Door) -> Door:
    heard(await door.says(ADA, "/school create Maple approval:automatic"))
    return door


async def _imports(door: Door, text: str, who: Any = ADA, **values: str) -> Reply:
    told = {**values, "file": HeldFile("people.csv", text.encode())}
    return await door.runner.run("roster import", who, told)


async def _plans(door: Door, text: str, **values: str) -> dict[str, Any]:
    """Plan an import; return the actions of its buttons."""
    reply = await _imports(door, text, **values)
    assert isinstance(reply.answer, Card), heard(reply)
    assert reply.answer.private
    return dict(actions_in(reply))


async def _clicks(door: Door, action: Any, who: Any = ADA, **more: str) -> Reply:
    return await door.clicks(who, action.command, **{**action.values, **more})


def _file(reply: Reply) -> File:
    assert isinstance(reply.answer, Card)
    return next(block for block in reply.answer.blocks if isinstance(block, File))


async def test_the_syncs_way_with_who_is_missing_is_nobody_elses(maple: Door) -> None:
    (missing,) = (one for one in REGISTRY["roster import"].options if one.name == "missing")
    assert [value for value, _ in missing.choices] == ["keep", "remove"]
    assert (await _imports(maple, HEAD + NIA, missing="synced")).refused


async def test_a_click_counts_by_the_rights_that_one_has_then(maple: Door) -> None:
    buttons = await _plans(maple, HEAD + NIA)
    code = await _code(maple)
    heard(await maple.says("omar", f"/join {code}"))
    apply = buttons["Apply"]
    assert not (await _clicks(maple, apply, caller("omar"))).refused
    assert (await maple.members())["Nia Novak"] == "active"
    undo = actions_in(await _clicks(maple, apply))["Undo"]
    heard(await maple.says(ADA, "/member roles Omar roles:Viewer"))
    refused = await _clicks(maple, undo, caller("omar"))
    assert (refused.refused, "I cannot find that import here" in heard(refused)) == (True, True)
    assert "Nia Novak" in await maple.members()
    for action in buttons.values():
        assert (await _clicks(maple, action, caller("zed"))).refused


async def _code(door: Door) -> str:
    heard(await door.says(ADA, '/invite create role:"School Admin"'))
    return await door.code()


async def test_who_may_not_see_members_sees_none_of_an_import(maple: Door) -> None:
    heard(await maple.says(ADA, "/role create name:Clerk permissions:roster.import"))
    buttons = await _plans(maple, HEAD + NIA)
    whole = buttons["Everyone as a file"]
    assert "1 row" in heard(await _clicks(maple, whole))
    heard(await maple.says("omar", f"/join {await _code(maple)}"))
    heard(await maple.says(ADA, "/member roles Omar roles:Clerk"))
    seen = await _clicks(maple, whole, caller("omar"))
    assert (seen.refused, "0 rows" in heard(seen)) == (False, True)
    look = await maple.clicks("omar", "roster show", **whole.values)
    assert "Come in\n1 person" in heard(look)
    assert "Nia" not in heard(look)


async def test_two_clicks_import_once(maple: Door) -> None:
    apply = (await _plans(maple, HEAD + NIA))["Apply"]
    first, second = await _clicks(maple, apply), await _clicks(maple, apply)
    assert heard(first) == heard(second)
    assert (await maple.audited()).count("roster.imported") == 1


async def test_a_plan_that_cannot_be_applied_any_more_says_what_must_be_mended(maple: Door) -> None:
    apply = (await _plans(maple, HEAD + NIA))["Apply"]
    line = "/member create email:bo@example.org first_name:Bo last_name:Berg educator_id:7"
    heard(await maple.says(ADA, line))
    reply = await _clicks(maple, apply)
    assert "Somebody else in the school has the id “7”" in heard(reply)
    assert reply.redraw is not None
    assert _file(reply).name == "errors.xlsx"
    assert "Nia Novak" not in await maple.members()
    gone = await _clicks(maple, apply)
    assert (gone.refused, "cannot find that import" in heard(gone)) == (True, True)


async def test_a_large_import_that_fits_no_more_is_told(maple: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 1)
    under_way = await _clicks(maple, (await _plans(maple, HEAD + NIA + LEO))["Apply"])
    assert "under way" in heard(under_way)
    again = actions_in(under_way)["Look again"]
    line = "/member create email:bo@example.org first_name:Bo last_name:Berg educator_id:7"
    heard(await maple.says(ADA, line))
    while await RosterWorker(maple.database, maple.clock).round():
        pass
    subject = f"{KIND}:{again.values['roster']}"

    def unit(uow: UnitOfWork) -> Card | None:
        return notices.draw(uow, subject, notices.Target(Audience.DOER))

    card = await maple.database.read(unit)
    assert card is not None
    assert "The import was not applied" in heard(Reply(card))


async def test_a_large_import_whose_facts_changed_leads_back_to_its_plan(
    maple: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 1)
    under_way = await _clicks(maple, (await _plans(maple, HEAD + NIA + LEO))["Apply"])
    heard(await maple.says(ADA, "/member create email:leo@example.org first_name:Leo last_name:Lind"))
    while await RosterWorker(maple.database, maple.clock).round():
        pass
    look = await _clicks(maple, actions_in(under_way)["Look again"])
    assert "Come in: 1\nNia Novak (Staff)" in heard(look)
    assert "Nia Novak" not in await maple.members()
    monkeypatch.undo()
    heard(await _clicks(maple, actions_in(look)["Apply"]))
    assert "Nia Novak" in await maple.members()


async def test_the_number_that_is_typed_must_be_the_one_that_is_shown(maple: Door) -> None:
    heard(await _clicks(maple, (await _plans(maple, HEAD + NIA + LEO + MO))["Apply"]))
    buttons = await _plans(maple, HEAD + NIA, missing="remove")
    agree = buttons["Apply, though so many leave"]
    form = await maple.runner.form(agree, ADA)
    assert isinstance(form.answer, Form)
    assert form.answer.note is not None
    assert plain(form.answer.note) == "2 of 4 members of Maple would leave."
    for wrong in ("", "1", "3", "all"):
        assert (await _clicks(maple, agree, number=wrong)).refused
    # The number cannot be gone around.
    shown = await maple.clicks(ADA, "roster apply", **agree.values)
    assert "That is a lot at once." in heard(shown)
    assert len(await maple.members()) == 4
    assert "Left" in heard(await _clicks(maple, agree, number="2"))
    assert set(await maple.members()) == {"Ada", "Nia Novak"}


async def test_what_is_in_a_file_is_in_no_log_and_no_audit(
    maple: Door, caplog: pytest.LogCaptureFixture
) -> None:
    heard(await _imports(maple, HEAD + "bad address,Nia,Secretname,,\n"))
    heard(await _clicks(maple, (await _plans(maple, HEAD + NIA))["Apply"]))
    entries = repr(await maple.audit_entries())
    for secret in ("Secretname", "Novak", "nia@example.org", "people.csv"):
        assert secret not in entries
        assert secret not in caplog.text


async def test_the_form_asks_about_a_district_where_there_is_one(maple: Door) -> None:
    opened = partial(maple.runner.type, "/roster import", ADA)
    assert "whole_district" not in _asked(await opened())
    root = caller("root", administers=True)
    heard(await maple.says(root, "/district create North"))
    heard(await maple.says(root, "/school move school:Maple district:North"))
    assert "whole_district" in _asked(await opened())
    assert "file" in _asked(await opened())


def _asked(reply: Reply) -> list[str]:
    return [field.option.name for field in getattr(reply.answer, "fields", ())]


async def test_a_school_without_a_district_has_no_whole_district_to_import(maple: Door) -> None:
    """Typed or in a form: whoever asks for it is told, instead of getting an import into one school."""
    no = "whole_district cannot be that: Maple belongs to no district."
    assert heard(await _imports(maple, HEAD + NIA, whole_district="yes")) == no
    told = await maple.says(ADA, "/roster import whole_district:yes")
    assert (told.refused, heard(told)) == (True, no)
    assert isinstance((await maple.says(ADA, "/roster import whole_district:no")).answer, Form)


async def test_an_undo_says_whom_it_left_and_why(maple: Door) -> None:
    """Leo has become the Primary Admin, and Nia was suspended."""
    done = await _clicks(
        maple, (await _plans(maple, HEAD + NIA + LEO.replace(",,", ",School Admin,")))["Apply"]
    )
    undo = actions_in(done)["Undo"]
    assert not (await maple.says(ADA, '/member primary "Leo Lind" sure:yes')).refused
    assert not (await maple.says(ADA, '/member suspend "Nia Novak"')).refused
    told = heard(await _clicks(maple, undo))
    assert "Nothing of the import into Maple could be undone" in told
    assert "Primary Admin: 1\nLeo Lind\nChanged by somebody since: 1\nNia Novak" in told
    assert "make another admin that" in told
