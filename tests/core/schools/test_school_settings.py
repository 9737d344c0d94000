"""A school's settings: who may change them, what is stored, and what they lead to."""

from datetime import timedelta

import pytest

from bot.chat.actions import Action
from bot.core.requests import questions
from bot.core.requests.join_requests import RequestState
from bot.core.requests.questions import GivenAnswers, Question
from tests.core.door import Door, actions_in, heard, maple
from tests.world import caller

ADA = caller("ada", administers=True)
GUESS = Action("request answer", {"code": "2222-3333-44444"}, ask=True)
WIDE = caller("dora", workspace="elsewhere")


async def test_each_change_is_one_entry_that_quotes_nobody(door: Door) -> None:
    await maple(door)
    before = await door.audited()
    for line in (
        "/school times digest_time:7:30 holidays:2026-12-24",
        "/school reminders remind_hours:5",
        "/school limits most_uses:9",
        '/school questions question_1:"Do you know Nia Okafor?"',
        '/school bill_to name:"Nia Okafor" email:nia@example.org address:"1 Maple St" reference:PO-77',
        "/school joining late_codes:yes ask_again_days:3",
    ):
        assert not (await door.says(ADA, line)).refused, line
    entries = (await door.audit_entries())[len(before) :]
    assert len(entries) == 6
    written = repr(entries)
    for secret in ("Nia", "Okafor", "example.org", "Maple St", "PO-77"):
        assert secret not in written
    assert "07:30" in written
    assert "'late_codes': True" in written


async def test_what_is_as_it_was_is_not_written(door: Door) -> None:
    await maple(door)
    before = await door.tables()
    for line in (
        "/school limits most_open:0",
        "/school reminders remind_hours:24",
        "/school joining access:private",
    ):
        assert not (await door.says(ADA, line)).refused, line
    assert await door.tables() == before


@pytest.mark.parametrize(
    "path", ["joining", "times", "reminders", "limits", "questions", "billing", "bill_to"]
)
async def test_only_who_may_edit_a_school_sets_it(door: Door, path: str) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    for who in ("nia", "eve"):
        reply = await door.runner.run(f"school {path}", caller(who), {}, clicked=True)
        assert "You may not change a school's settings" in heard(reply)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/school reminders remind_hours:72", "escalate_hours must be more than the 72 hours"),
        ("/school reminders lapse_days:3", "lapse_days must be more than the 72 hours"),
        ("/school reminders escalate_hours:0 remind_hours:800", "lapse_days must be more than the 800 hours"),
        ("/school reminders remind_hours:-1", "at least 0"),
        ("/school limits longest_days:400", "at most 366"),
        (
            '/school times holidays:"2027-05-01, 2025-12-21 to 2026-01-06"',
            "holidays lie in the past: “2025-12",
        ),
        ("/school times holidays:2026-08-31", "holidays lie in the past: “2026-08-31”"),
    ],
)
async def test_what_makes_no_sense_is_refused(door: Door, line: str, why: str) -> None:
    await maple(door)
    before = await door.tables()
    assert why in heard(await door.says(ADA, line))
    assert await door.tables() == before


async def test_holidays_that_have_passed_may_stay_where_they_are(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/school edit zone:Pacific/Kiritimati")
    assert not (await door.says(ADA, "/school times holidays:2026-09-01")).refused
    door.clock.forward(timedelta(hours=4))  # the second of September begins there
    assert not (await door.says(ADA, "/school times holidays:2026-09-01,2026-09-03")).refused
    await door.says(ADA, "/school times holidays:none")
    assert (await door.says(ADA, "/school times holidays:2026-09-01")).refused
    await door.says(ADA, "/school times holidays:2026-09-02")
    door.clock.forward(timedelta(days=30))
    assert not (await door.says(ADA, '/school times holidays:"2026-09-02, 2026-12-24"')).refused
    assert (await door.says(ADA, '/school times holidays:"2026-09-03, 2026-12-24"')).refused


async def test_bills_go_to_the_new_primary_admin(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/school bill_to name:Old email:old@example.org reference:PO-77")
    entries = len(await door.audited())
    assert "old@example.org" in str((await door.says(ADA, "/account export")).answer)
    assert "old@example.org" not in str((await door.says("omar", "/account export")).answer)
    entries = len(await door.audited())
    await door.says(ADA, "/member primary omar sure:yes")
    assert len(await door.audited()) == entries + 1
    said = heard(await door.says("omar", "/school billing"))
    assert "Omar" in said
    assert "PO-77" in said
    assert "Old" not in said
    assert "Only the Primary Admin" in heard(await door.says(ADA, "/school billing"))


async def test_those_above_a_school_see_its_bills_but_do_not_change_them(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/school bill_to reference:PO-77")
    root = caller("root")
    said = await door.says(root, "/school billing")
    assert "PO-77" in heard(said)
    assert "Change" not in actions_in(said)
    before = await door.tables()
    assert "Only the Primary Admin" in heard(await door.says(root, "/school bill_to reference:mine"))
    assert await door.tables() == before


async def test_answers_leave_with_their_applicant_and_are_nobody_elses(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says(ADA, '/school questions question_1:"Which class?" question_2:"More? (optional)"')
    form = await door.says("nia", f"/join {await door.code()}")
    values = dict(form.answer.action.values) | {"answer_1": "Class 4b"}  # type: ignore[union-attr]
    await door.clicks("nia", "request answer", **values)
    (request,) = await door.requests()
    assert [(one.question, one.text) for one in request.answers] == [("Which class?", "Class 4b")]
    assert "Class 4b" in str((await door.says("nia", "/account export")).answer)
    assert "Class 4b" not in heard(await door.says("eve", f"/request show {request.id}"))
    assert "Class 4b" not in repr(await door.audit_entries())
    erase = actions_in(await door.says("nia", "/account erase"))
    (sure,) = [action for label, action in erase.items() if "rase" in label]
    await door.runner.act(sure, caller("nia"))
    (gone,) = await door.requests(RequestState.WITHDRAWN)
    assert gone.answers == ()
    assert "Class 4b" not in repr(await door.tables())


async def test_a_required_question_is_answered_and_changed_ones_are_asked_again(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says(ADA, '/school questions question_1:"Which class?"')
    code = await door.code()
    form = await door.says("nia", f"/join {code}")
    values = dict(form.answer.action.values)  # type: ignore[union-attr]
    before = await door.tables()
    missing = await door.clicks("nia", "request answer", **values)
    assert (missing.option, missing.refused) == ("answer_1", True)
    assert "“Which class?” is missing" in heard(missing)
    blank = await door.clicks("nia", "request answer", **values, answer_1="  ")
    assert (blank.option, "“Which class?” is empty" in heard(blank)) == ("answer_1", True)
    await door.says(ADA, '/school questions question_1:"Which year?"')
    again = await door.clicks("nia", "request answer", **values, answer_1="Class 4b")
    assert "Which year?" in heard(again)
    assert "The questions were changed while you were writing" in heard(again)
    after = await door.tables()
    assert after["join_requests"] == before["join_requests"]
    values = dict(again.answer.action.values)  # type: ignore[union-attr]
    await door.clicks("nia", "request answer", **values, answer_1="Year 4")
    (request,) = await door.requests()
    assert [(one.question, one.text) for one in request.answers] == [("Which year?", "Year 4")]


async def test_guessing_at_the_form_of_answers_counts_as_guessing(door: Door) -> None:
    await maple(door)
    for _ in range(5):
        reply = await door.runner.form(GUESS, caller("eve"))
        assert "That invitation cannot be used" in heard(reply)
    assert "Too many wrong codes" in heard(await door.runner.form(GUESS, caller("eve")))
    assert "Too many wrong codes" in heard(await door.says("eve", f"/join {await door.code()}"))


async def test_further_pages_of_the_audit_log_are_found_from_another_workspace(door: Door) -> None:
    root = caller("root", administers=True)
    await door.says(root, "/district create North")
    await door.says(root, '/school create "Maple Grove" district:North')
    await door.says(root, '/invite create role:"School Admin"')
    await door.says(WIDE, f"/join {await door.code()}")
    await door.says(root, "/member remove dora")
    await door.says(root, '/district grant person:dora role:"District Admin" district:North')
    for number in range(12):
        await door.says(root, f"/school joining ask_again_days:{number}")
    school = await door.school()
    page = await door.says(WIDE, f"/audit list school:{school.id}")
    older = actions_in(page)["Older"]
    assert "invitation created" in heard(await door.runner.act(older, WIDE))
    assert "I cannot find that entry" in heard(
        await door.runner.act(older, caller("eve", workspace="elsewhere"))
    )


def test_answers_are_put_to_their_questions() -> None:
    asked = (Question("Which class?"), Question("More?", required=False))
    seen = questions.digest(asked)
    assert questions.answered((), None) == ()
    assert questions.answered(asked, None) is None
    assert questions.answered(asked, GivenAnswers("other", ("a", "b"))) is None
    given = questions.answered(asked, GivenAnswers(seen, ("a",)))
    assert given is not None
    assert [one.text for one in given] == ["a"]
    assert questions.digest(asked[:1]) != seen


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Which   class? ", Question("Which class?")),
        ("Why? (Optional)", Question("Why?", required=False)),
        (" (optional) ", None),
        ("", None),
    ],
)
def test_questions_as_admins_type_them(typed: str, read: Question | None) -> None:
    assert questions.read_question(typed) == read
    if read is not None:
        assert questions.read_question(str(read)) == read


async def test_a_code_locked_or_late_asks_and_a_revoked_one_never(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school joining late_codes:yes")
    for number, line in enumerate(("/invite create expires:1d", "/invite create uses:1")):
        await door.says(ADA, line)
        code = await door.code()
        if number:
            await door.says("first", f"/join {code}")
        door.clock.forward(timedelta(days=2))
        said = heard(await door.says(f"late{number}", f"/join {code}"))
        assert "is waiting" in said
    late = [one.late for one in await door.requests()]
    assert late == ["expired", "used up"]
    await door.says(ADA, "/invite create expires:1d")
    code = await door.code()
    await door.says(ADA, f"/invite revoke {code}")
    door.clock.forward(timedelta(days=2))
    assert "cannot be used" in heard(await door.says("late9", f"/join {code}"))
