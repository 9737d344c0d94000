"""The form of an invitation page: viewing changes nothing, and forged forms are refused."""

import re
from datetime import timedelta

import pytest

from tests.core.door import Door
from tests.platforms.web.sign_in.answered import NIAS, answers, invites, invites_all
from tests.platforms.web.sign_in.keyholders import proof_in


@pytest.fixture(params=["google"])
def name(request) -> str:
    return str(request.param)


async def test_looking_changes_nothing_and_then_one_post_succeeds(browser, door):
    made = await invites(door)
    page = f"/i/{made.token}"
    await browser.sign_in_now(page)
    proof = proof_in(await browser.get(page))
    before = await _everything(door)
    for method in ("GET", "HEAD", "OPTIONS"):
        for _ in range(333):
            answer = await browser.http.request(method, page)
            assert answer.status_code in {200, 405}
    assert await browser.http.head(f"{page}/sign-in/google")
    assert await _everything(door) == before
    assert (await browser.http.post(page, data={"proof": proof, "answer": "accept"})).status_code == 303
    assert (await door.invitations())[0].uses_taken == 1


async def _everything(door: Door) -> object:
    def unit(uow):
        chains = [uow.audit.head(name) for name in uow.audit.chains()]
        return chains, uow.outbox.count_waiting(), uow.people.by_account(NIAS)

    return await door.database.read(unit), await door.invitations()


FORMS = {
    "no proof": {"answer": "accept"},
    "an empty proof": {"answer": "accept", "proof": ""},
    "a guessed proof": {"answer": "accept", "proof": "x" * 32},
    "a proof that is no text": {"answer": "accept", "proof": "\udcff".encode("utf-8", "surrogatepass")},
}


@pytest.mark.parametrize("how", FORMS)
async def test_a_form_of_nobody_is_refused(browser, door, how):
    made = await invites_all(door)
    await browser.sign_in_now()
    answer = await browser.http.post(f"/i/{made.token}", data=FORMS[how])
    assert answer.status_code == 403
    assert (await door.invitations())[0].uses_taken == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/i/{}", "/i/{}/sign-out", "/me/sign-out", "/me/code", "/me/enter"])
async def test_a_form_on_another_site_is_refused_even_with_the_proof(browser, door, headers, path):
    made = await invites_all(door)
    await browser.sign_in_now()
    proof = proof_in(await browser.get(f"/i/{made.token}"))
    told = {"proof": proof, "answer": "accept", "workspace": "w"}
    answer = await browser.http.post(path.format(made.token), data=told, headers=headers)
    assert answer.status_code == 403
    assert browser.signed_in_as is not None
    assert (await door.invitations())[0].uses_taken == 0


async def test_an_older_session_of_ours_proves_nothing_for_a_newer_one(browser, door):
    made = await invites_all(door)
    await browser.sign_in_now()
    old = proof_in(await browser.get(f"/i/{made.token}"))
    browser.provider.claims["sub"] = "8"
    await browser.sign_in_now()
    assert proof_in(await browser.get(f"/i/{made.token}")) != old
    answer = await browser.http.post(f"/i/{made.token}", data={"proof": old, "answer": "accept"})
    assert answer.status_code == 403


async def test_a_session_ends_after_an_hour(browser, door):
    made = await invites_all(door)
    await browser.sign_in_now()
    proof = proof_in(await browser.get(f"/i/{made.token}"))
    browser.world.clock.forward(timedelta(minutes=61))
    answer = await browser.http.post(f"/i/{made.token}", data={"proof": proof, "answer": "accept"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/i/{made.token}")
    assert (await door.invitations())[0].uses_taken == 0
    assert (await browser.get("/me/state")).status_code == 401
    assert "Continue with Google" in (await browser.get(f"/i/{made.token}")).text


async def test_whoever_answers_has_an_hour_from_then_on(browser, door):
    """The school's questions may be long, and who signed in long before must not lose their answers."""
    await door.says("ada", '/school questions question_1:"Which class?"')
    await door.says("ada", '/school edit approval:"by request"')
    made = await invites_all(door)
    await browser.sign_in_now()
    browser.world.clock.forward(timedelta(minutes=50))
    asked = await answers(browser, made, "accept")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    browser.world.clock.forward(timedelta(minutes=50))
    done = await browser.http.post(f"/i/{made.token}", data={**hidden, "answer_1": "7b"})
    assert done.status_code == 303
    assert "Your request is waiting" in (await browser.get(f"/i/{made.token}")).text
