"""The questions that schools ask people who accept an invitation that needs an approval."""

from bot.chat.actions import Action
from bot.chat.replies import Form
from bot.core.invitations.invitations import InvitationState
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, link, newest, signed_in, state

NIA = signed_in("nia", "nia@example.org")
INVITE = "/invite person to:nia@example.org name:Nia"


async def _asking(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, '/school questions question_1:"Which class?" question_2:"Who sent you? (optional)"')


async def test_a_school_asks_before_the_request_is_filed(door: Door) -> None:
    await _asking(door)
    await door.says(ADA, INVITE)
    made = await newest(door)
    before = await door.known()
    action = Action("")
    for command, values in (
        ("invite accept", {"invitation": link(made)}),
        ("invite accept", {"invitation": made.token}),
        ("invite accept", {"invitation": made.code}),
        ("join", {"code": made.code}),
    ):
        form = (await door.clicks(NIA, command, **values)).answer
        assert isinstance(form, Form)
        assert [one.option.title for one in form.fields] == ["Which class?", "Who sent you?"]
        action = form.action
        assert action.pack()
        assert await door.known() == before, "nothing has happened yet"
        missing = await door.clicks(NIA, action.command, **action.values, answer_1="")
        assert missing.refused
    said = await door.clicks(NIA, action.command, **action.values, answer_1="4b")
    assert "is waiting" in heard(said)
    (request,) = await door.requests()
    assert [(one.question, one.text) for one in request.answers] == [("Which class?", "4b")]
    assert await state(door, made) is InvitationState.ACCEPTED


async def test_the_button_of_a_message_asks_too(door: Door) -> None:
    await _asking(door)
    await door.says(ADA, "/invite person to:leo")
    made = await newest(door)
    form = (await door.clicks("leo", "invite accept", invitation=made.id)).answer
    assert isinstance(form, Form)
    assert form.action.values["invitation"] == made.id
    stranger = await door.clicks("eve", form.action.command, **form.action.values, answer_1="4b")
    assert "is for another account" in heard(stranger)
    await door.clicks("leo", form.action.command, **form.action.values, answer_1="4b")
    assert len(await door.requests()) == 1


async def test_questions_of_several_schools_are_one_form_and_each_reads_its_own(door: Door) -> None:
    await _asking(door)
    await door.says(ADA, '/school create "Oak Hill" approval:"by request"')
    await door.says(ADA, '/school create "Elm Park" approval:"by request"')
    many = " ".join(f'question_{place}:"Elm {place}?"' for place in range(1, 6))
    await door.says(ADA, f'/school questions school:"Elm Park" {many}')
    await door.says(ADA, '/school questions school:"Oak Hill" question_1:"Which class?" question_2:"Oak?"')
    await door.says(ADA, f'{INVITE} school:"Maple Grove" schools:"Elm Park, Oak Hill"')
    made = (await door.invitations_of("Maple Grove"))[0]
    form = (await door.clicks(NIA, "invite accept", invitation=link(made))).answer
    assert isinstance(form, Form)
    titles = [one.option.title for one in form.fields]
    assert titles == ["Which class?", "Who sent you?", "Oak?"], "Elm's five do not fit beside these"
    given = {"answer_1": "4b", "answer_2": "", "answer_3": "yes"}
    said = heard(await door.clicks(NIA, form.action.command, **form.action.values, **given))
    assert said.count("Waits for an admin") == 3
    read = {}
    for name in ("Maple Grove", "Oak Hill", "Elm Park"):
        (request,) = await door.requests_of(name)
        read[name] = [one.text for one in request.answers]
    assert read == {"Maple Grove": ["4b"], "Oak Hill": ["4b", "yes"], "Elm Park": []}


async def test_nobody_is_asked_where_an_invitation_lets_them_in(door: Door) -> None:
    await _asking(door)
    await door.says(ADA, "/school edit invitation_skips_approval:yes")
    await door.says(ADA, INVITE)
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(await newest(door))))
    assert told.startswith("Welcome")
