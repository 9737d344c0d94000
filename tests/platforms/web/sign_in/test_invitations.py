"""Invitations answered on their page: what holders of a link see, and what an answer does."""

import asyncio
import re
from datetime import timedelta

import httpx2
import pytest

from bot.core.ids import grouped
from bot.core.invitations.invitations import Invitation
from bot.core.people.members import Standing
from bot.core.rights.actors import AccountKey, Platform
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import send
from tests.core.door import Door, actions_in, heard
from tests.core.waiting import lapse
from tests.platforms.web.sign_in.answered import NIAS, OTHER, answers, invites, invites_all
from tests.platforms.web.sign_in.conftest import EMAIL, NIA, Browser
from tests.platforms.web.sign_in.keyholders import proof_in
from tests.scenarios.mails import mails_of, newest
from tests.world import BASE_URL, caller

BY_REQUEST = '/school edit approval:"by request"'


@pytest.fixture(params=["google"])
def name(request) -> str:
    return str(request.param)


async def _standing(door: Door, account: AccountKey) -> Standing | None:
    school = await door.school()

    def unit(uow):
        person = uow.people.by_account(account)
        found = uow.members.of(school.id, person.id) if person else None
        return found.standing if found else None

    standing: Standing | None = await door.database.read(unit)
    return standing


async def test_an_open_invitation_is_accepted_on_its_page(browser, door):
    await door.says("ada", "/school edit approval:automatic")
    made = await invites_all(door)
    page = f"/i/{made.token}"
    signed_out = await browser.get(page)
    assert f'href="{page}/sign-in/google"' in signed_out.text
    assert "Continue with Google" in signed_out.text
    assert 'value="accept"' not in signed_out.text
    assert (await browser.sign_in_now(page)).headers["location"] == page
    assert await _standing(door, NIAS) is None  # signing in is not accepting
    answer = await answers(browser, made, "accept")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert await _standing(door, NIAS) is Standing.ACTIVE
    welcome = await browser.get(page)
    assert "Welcome to" in welcome.text
    assert 'data-state="active"' in welcome.text
    assert "Staff" in welcome.text


async def test_the_page_waits_for_an_approval_and_then_changes(browser, door):
    await door.says("ada", BY_REQUEST)
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    await answers(browser, made, "accept")
    waiting = await browser.get(f"/i/{made.token}")
    assert "Your request is waiting" in waiting.text
    shown = re.search(r'id="own" data-state="(\w+)"', waiting.text)
    assert shown is not None
    assert (await browser.get("/me/state")).text == shown[1]
    (request,) = await door.requests()
    await door.clicks("ada", "request approve", request=request.id)
    assert (await browser.get("/me/state")).text != shown[1]
    assert "Welcome to" in (await browser.get(f"/i/{made.token}")).text


async def test_whoever_is_turned_away_reads_why(browser, door):
    await door.says("ada", BY_REQUEST)
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    await answers(browser, made, "accept")
    (request,) = await door.requests()
    await door.clicks("ada", "request reject", request=request.id, reason="Ask <b>again</b> in May")
    page = (await browser.get(f"/i/{made.token}")).text
    assert "has not approved it" in page
    assert "Ask &lt;b&gt;again&lt;/b&gt; in May" in page
    assert "You can ask again" not in page, "the school is private"
    await door.says("ada", "/school joining access:public ask_again_days:14")
    page = (await browser.get(f"/i/{made.token}")).text
    assert "You can ask again here after " in page
    assert "15 September 2026</time>" in page


async def test_whoever_was_turned_away_asks_again_on_the_page_once_they_may(browser, door):
    """Somebody without a chat has no other way; the school's questions are asked again."""
    await door.says("ada", '/school joining approval:"by request" access:public ask_again_days:14')
    made = await invites_all(door)
    page = f"/i/{made.token}"
    await browser.sign_in_now(page)
    await answers(browser, made, "accept")
    (request,) = await door.requests()
    await door.clicks("ada", "request reject", request=request.id)
    await door.says("ada", '/school questions question_1:"Which class?"')
    early = await answers(browser, made, "again", school=request.school_id)
    assert (early.status_code, early.headers["location"]) == (303, page)
    assert await _standing(door, NIAS) is Standing.REJECTED
    browser.world.clock.forward(timedelta(days=15))
    await browser.sign_in_now(page)
    assert "You can ask again now" in (await browser.get(page)).text
    asked = await answers(browser, made, "again", **_school(await browser.get(page)))
    assert "Which class?" in asked.text
    missed = await answers(browser, made, "questions", asked=_asked(asked), **_school(asked))
    assert missed.status_code == 409
    kept = {"asked": _asked(missed), **_school(missed)}
    done = await answers(browser, made, "questions", **kept, answer_1="7b")
    assert (done.status_code, done.headers["location"]) == (303, page)
    assert "Your request is waiting" in (await browser.get(page)).text
    assert await _standing(door, NIAS) is Standing.PENDING


def _school(page: httpx2.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(school)" value="([^"]+)"', page.text))


async def test_declining_an_open_invitation_changes_nothing(browser, door):
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    answer = await answers(browser, made, "decline")
    assert "You have not joined" in answer.text
    assert (await door.invitations())[0].uses_taken == 0
    assert await _standing(door, NIAS) is None


async def test_an_addressed_invitation_is_for_whoever_has_the_address(browser, door):
    await door.says("ada", "/school edit approval:automatic")
    made = await invites(door)
    signed_out = (await browser.get(f"/i/{made.token}")).text
    assert "n•••@example.org" in signed_out
    for hidden in (EMAIL, "See you", made.code[:4], "Nia"):
        assert hidden not in signed_out
    await browser.sign_in_now(f"/i/{made.token}")
    assert "See you" in (await browser.get(f"/i/{made.token}")).text
    assert (await answers(browser, made, "accept")).status_code == 303
    assert await _standing(door, NIAS) is Standing.ACTIVE
    assert "Welcome to" in (await browser.get(f"/i/{made.token}")).text


@pytest.mark.parametrize("typed", ["code", "link"])
async def test_a_link_that_was_handed_over_can_be_answered_in_chat_too(browser, door, typed):
    await door.says("ada", "/school edit approval:automatic")
    await door.says("ada", '/invite person name:"Grandma Rosa" roles:Staff note:"See you"')
    (made, *_) = await door.invitations()
    await door.clicks("ada", "invite send", invitation=made.id)
    page = await browser.get(f"/i/{made.token}")
    assert grouped(made.code) in page.text
    assert "QR code of this page" in page.text
    assert "See you" in page.text, "whoever has it is who it is for"
    key = made.code if typed == "code" else f"{BASE_URL}/i/{made.token}"
    assert "Welcome to Maple" in heard(await door.says("rosa", f"/join {key}"))
    assert "does not work" in (await browser.get(f"/i/{made.token}")).text


async def test_the_wrong_account_uses_nothing_up_and_is_told_how_to_switch(browser, door):
    made = await invites(door, OTHER)
    await browser.sign_in_now(f"/i/{made.token}")
    page = await browser.get(f"/i/{made.token}")
    assert "for another account" in page.text
    assert "o•••@example.org" in page.text
    assert OTHER not in page.text
    assert "See you" not in page.text
    assert "confirmed" not in page.text
    assert "No such account? Ask an admin of" in page.text
    assert 'value="accept"' not in page.text
    forced = await browser.http.post(f"/i/{made.token}", data={"proof": proof_in(page), "answer": "accept"})
    assert forced.status_code == 409
    assert "<title>This invitation is for another account" in forced.text
    assert (await door.invitations())[0].uses_taken == 0
    out = await browser.http.post(f"/i/{made.token}/sign-out", data={"proof": proof_in(page)})
    assert (out.status_code, out.headers["location"]) == (303, f"/i/{made.token}")
    assert "Continue with Google" in (await browser.get(f"/i/{made.token}")).text


async def test_people_known_by_another_account_are_told_to_link_this_one(browser, door):
    """The school knows Nora by the address, and she has an account: she says which others are hers."""
    await door.says("ada", "/school edit approval:automatic")
    await door.says("ada", "/invite create")
    await door.says("nora", f"/join {await door.code()}")
    await door.says("ada", f"/member edit person:nora first_name:Nora last_name:Lee email:{EMAIL}")
    await door.says("ada", f"/invite person to:{EMAIL} roles:Observer")
    made = (await door.invitations())[0]
    await browser.sign_in_now(f"/i/{made.token}")
    page = await browser.get(f"/i/{made.token}")
    assert "You are known here by another account" in page.text
    assert 'value="accept"' not in page.text
    assert (await answers(browser, made, "accept")).status_code == 409
    offered = await browser.http.post("/me/code", data={"proof": proof_in(page)})
    code = re.findall(r"code:([0-9A-Z-]{15})", offered.text)[0]
    agreed = await door.says("nora", f"/account link code:{code}")
    await door.runner.act(actions_in(agreed)["Link and merge"], caller("nora"))
    assert (await answers(browser, made, "accept")).status_code == 303
    assert "Observer" in (await browser.get(f"/i/{made.token}")).text


async def test_an_unverified_address_opens_nothing(browser, door):
    browser.provider.claims["email_verified"] = False
    made = await invites(door)
    await browser.sign_in_now(f"/i/{made.token}")
    page = (await browser.get(f"/i/{made.token}")).text
    assert "for another account" in page
    assert "The account that you are signed in with has no e-mail address that is confirmed here." in page
    assert await _standing(door, NIAS) is None


async def test_an_addressed_invitation_is_declined_for_good(browser, door):
    made = await invites(door)
    await browser.sign_in_now(f"/i/{made.token}")
    assert (await answers(browser, made, "decline")).status_code == 303
    page = await browser.get(f"/i/{made.token}")
    assert "You have declined it" in page.text
    assert await _standing(door, NIAS) is None


@pytest.mark.parametrize(
    ("ending", "why"), [("revoke", "taken back"), ("clear", "taken back"), ("expire", "has expired")]
)
async def test_the_addressee_is_told_why_and_strangers_are_not(browser, door, ending, why):
    made = await invites(door, more="expires:1h")
    if ending == "expire":
        door.clock.forward(timedelta(hours=2))
    else:
        await door.clicks("ada", f"invite {ending}", invitation=made.id)
    unknown = await browser.get("/i/" + "u" * 22)
    stranger = await browser.get(f"/i/{made.token}")
    assert (stranger.status_code, stranger.content) == (404, unknown.content)
    await browser.sign_in_now(f"/i/{made.token}")
    assert why in (await browser.get(f"/i/{made.token}")).text
    browser.http.cookies.clear()
    browser.provider.claims.update(sub="9", email=OTHER)
    await browser.sign_in_now(f"/i/{made.token}")
    signed_in = await browser.get(f"/i/{made.token}")
    assert (signed_in.status_code, signed_in.content) == (404, unknown.content)


async def test_members_are_told_their_status(browser, door):
    await door.says("ada", "/school edit approval:automatic")
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    await answers(browser, made, "accept")
    again = await _answers_blindly(browser, made)
    assert (again.status_code, again.headers["location"]) == (303, f"/i/{made.token}")
    await door.clicks("ada", "invite revoke", invitation=made.id)
    assert "Welcome to" in (await browser.get(f"/i/{made.token}")).text  # not lost with the link
    assert (await door.invitations())[0].uses_taken == 1


async def _answers_blindly(browser: Browser, made: Invitation) -> httpx2.Response:
    proof = proof_in(await browser.get(f"/i/{made.token}"))
    return await browser.http.post(f"/i/{made.token}", data={"proof": proof, "answer": "accept"})


async def test_a_code_links_the_account_of_a_chat(browser, door):
    await door.says("ada", "/school edit approval:automatic")
    made = await invites_all(door)
    await browser.sign_in_now()
    await answers(browser, made, "accept")
    mine = await browser.get("/me")
    told = await browser.http.post("/me/code", data={"proof": proof_in(mine)})
    code = re.search(r"\w{4}-\w{4}-\w{5}", told.text)
    assert code is not None
    for line in ("/account link code:", "/homeroom account link code:"):
        assert f">{line}{code[0]}<" in told.text, "what is copied from the page can be typed as it is"
    await door.says("nia-in-chat", f"/account link code:{code[0]}")
    assert await _standing(door, AccountKey("web", "nia-in-chat")) is Standing.ACTIVE


async def test_a_late_link_says_that_one_can_only_ask(browser, door, world):
    await door.says("ada", "/school joining approval:automatic late_codes:yes")
    made = await invites_all(door, "/invite create role:Staff expires:30m")
    page = f"/i/{made.token}"
    assert "Works until" in (await browser.get(page)).text
    world.clock.forward(timedelta(minutes=31))
    late = (await browser.get(page)).text
    assert "Works until" not in late
    assert "no longer lets people in, but you can still ask to join" in late
    await browser.sign_in_now(page)
    await answers(browser, made, "accept")
    waiting = (await browser.get(page)).text
    assert "Your request is waiting" in waiting
    assert "not given back" not in waiting  # it took no use


async def test_questions_of_the_school_are_asked_and_answered_on_the_page(browser, door):
    await door.says("ada", BY_REQUEST)
    await door.says("ada", '/school questions question_1:"Which class?"')
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    asked = await answers(browser, made, "accept")
    assert "Which class?" in asked.text
    assert await _standing(door, NIAS) is None
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    answered = await browser.http.post(f"/i/{made.token}", data={**hidden, "answer_1": "7b <b>"})
    assert answered.status_code == 303
    assert await _standing(door, NIAS) is Standing.PENDING


@pytest.mark.parametrize("name", ["discord"])
async def test_a_chat_account_signs_in_as_itself(browser, door):
    await door.says("ada", BY_REQUEST)
    made = await invites_all(door)
    key = AccountKey("discord", NIA["discord"]["id"])
    nia = replace(caller("nia", platform=Platform.DISCORD), account=key)
    await door.says(nia, f"/join {made.code}")
    await browser.sign_in_now()
    assert "Waiting for approval" in (await browser.get("/me")).text


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("request approve", "Open the link of your invitation again"),
        ("request reject", "Reason: Ask in May"),
    ],
)
async def test_whoever_has_no_chat_is_mailed_the_answer(browser, door, world, decision, said):
    """They may have closed the page by then, and nothing else would tell them."""
    await door.says("ada", BY_REQUEST)
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    await answers(browser, made, "accept")
    waiting = await browser.get(f"/i/{made.token}")
    assert f"we write to <strong>{EMAIL}</strong>" in waiting.text
    (request,) = await door.requests()
    async with mails_of(world) as mails:
        reason = {"reason": "Ask in May"} if decision == "request reject" else {}
        await door.clicks("ada", decision, request=request.id, **reason)
        await world.deliver()
        mail = newest(mails, EMAIL)
    assert said in mail
    assert "Maple Grove" in mail
    assert len(mails.taken) == 1


async def test_whoever_answers_twice_is_shown_how_they_stand(browser, door):
    """A button is tapped twice, or a page is still open in another tab: nobody is told what is not so."""
    await door.says("ada", "/school edit approval:automatic")
    made = await invites_all(door)
    page = f"/i/{made.token}"
    await browser.sign_in_now(page)
    proof = proof_in(await browser.get(page))
    for answer in ("accept", "accept", "decline", "questions"):
        said = await browser.http.post(page, data={"proof": proof, "answer": answer})
        assert (said.status_code, said.headers["location"]) == (303, page), answer
    assert "Welcome to" in (await browser.get(page)).text


async def test_two_taps_at_once_are_one_welcome(browser, door):
    await door.says("ada", "/school edit approval:automatic")
    made = await invites_all(door)
    page = f"/i/{made.token}"
    await browser.sign_in_now(page)
    form = {"proof": proof_in(await browser.get(page)), "answer": "accept"}
    both = await asyncio.gather(*(browser.http.post(page, data=form) for _ in range(4)))
    assert {(one.status_code, one.headers.get("location")) for one in both} == {(303, page)}


async def test_an_answer_that_will_not_do_leaves_what_was_typed(browser, door):
    await door.says("ada", BY_REQUEST)
    await door.says("ada", '/school questions question_1:"Which class?" question_2:"Since when?"')
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    asked = await answers(browser, made, "accept")
    typed = {"asked": _asked(asked), "answer_1": "  ", "answer_2": "Since <May>\r\nor so"}
    again = await answers(browser, made, "questions", **typed)
    assert again.status_code == 409
    assert "“Which class?” is empty." in again.text
    assert "Since &lt;May&gt;\nor so</textarea>" in again.text
    done = await answers(browser, made, "questions", **{**typed, "answer_1": "x\r\n" * 250})
    assert done.status_code == 303
    (request,) = await door.requests()
    assert [one.text for one in request.answers] == [("x\n" * 250).strip(), "Since <May>\nor so"]


def _asked(page: httpx2.Response) -> str:
    found = re.search(r'name="asked" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def test_applicants_can_withdraw_on_the_page(browser, door):
    await door.says("ada", BY_REQUEST)
    made = await invites_all(door)
    page = f"/i/{made.token}"
    await browser.sign_in_now(page)
    await answers(browser, made, "accept")
    waiting = await browser.get(page)
    assert 'value="withdraw"' in waiting.text
    assert "Your use of the invitation is not given back" in waiting.text
    for _ in range(2):  # the second tap finds nothing to do
        done = await browser.http.post(page, data={"proof": proof_in(waiting), "answer": "withdraw"})
        assert (done.status_code, done.headers["location"]) == (303, page)
    assert await door.requests() == []
    assert 'value="accept"' in (await browser.get(page)).text


async def _used_up(door: Door) -> Invitation:
    return await invites_all(door, "/invite create role:Staff uses:1")


async def _for_nia(door: Door) -> Invitation:
    return await invites(door, more="roles:Staff")


@pytest.mark.parametrize("made_by", [_used_up, _for_nia])
async def test_whoever_was_not_answered_asks_again_on_the_page(browser, door, made_by):
    await door.says("ada", BY_REQUEST)
    made = await made_by(door)
    page = f"/i/{made.token}"
    await browser.sign_in_now(page)
    await answers(browser, made, "accept")
    await lapse(door)
    assert await door.requests() == []
    stranger = await browser.http.get(page, headers={"cookie": ""})
    assert "does not work" in stranger.text
    await browser.sign_in_now("/me")
    told = await browser.get(page)
    assert "nobody got to it in time" in told.text
    for _ in range(2):  # the second tap finds nothing to do
        done = await browser.http.post(page, data={"proof": proof_in(told), "answer": "again"})
        assert (done.status_code, done.headers["location"]) == (303, page)
    (request,) = await door.requests()
    assert "Your request is waiting" in (await browser.get(page)).text
    await door.clicks("ada", "request approve", request=request.id)
    welcome = await browser.get(page)
    assert "Welcome to" in welcome.text
    assert "Staff" in welcome.text


async def test_nobody_asks_again_by_an_invitation_that_was_taken_back(browser, door):
    await door.says("ada", BY_REQUEST)
    made = await _used_up(door)
    await browser.sign_in_now(f"/i/{made.token}")
    await answers(browser, made, "accept")
    await lapse(door)
    await door.says("ada", f"/invite revoke {made.code}")
    await browser.sign_in_now("/me")
    assert "does not work" in (await browser.get(f"/i/{made.token}")).text


@pytest.mark.parametrize("way", ["automatic", "by request"])
async def test_members_without_a_chat_get_messages_at_the_address_that_they_proved(browser, door, world, way):
    await door.says("ada", f'/school edit approval:"{way}"')
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    await answers(browser, made, "accept")
    if way == "by request":
        (request,) = await door.requests()
        await door.clicks("ada", "request approve", request=request.id)
        await world.deliver()
    assert f"comes to <strong>{EMAIL}</strong>" in (await browser.get(f"/i/{made.token}")).text
    async with mails_of(world) as mails:
        await send(door, text="Gym is closed")
        await BroadcastWorker(door.database).round()
        await world.deliver()
        assert "Gym is closed" in newest(mails, EMAIL)
    shown = await door.says("ada", "/member show member:Nia")
    assert EMAIL not in repr(shown)  # no person has this address


async def test_whoever_is_asked_anew_is_told_why(browser, door):
    await door.says("ada", BY_REQUEST)
    await door.says("ada", '/school questions question_1:"Which class?"')
    made = await invites_all(door)
    await browser.sign_in_now(f"/i/{made.token}")
    asked = await answers(browser, made, "accept")
    assert "changed" not in asked.text
    await door.says("ada", '/school questions question_1:"Which year?"')
    again = await answers(browser, made, "questions", asked=_asked(asked), answer_1="4b")
    assert "The questions were changed while you were writing" in again.text
    assert "Which year?" in again.text
    assert await door.requests() == []
