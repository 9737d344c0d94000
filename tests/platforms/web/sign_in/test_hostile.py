"""Callbacks from an attacker or a broken provider: nobody is signed in, and nothing breaks."""

import httpx2
import pytest

from tests import test_canaries
from tests.platforms.web.sign_in.conftest import EMAIL, NIA, OIDC, Browser, parts
from tests.platforms.web.sign_in.token_tricks import DISCORD, ODD, WITH_TOKENS
from tests.platforms.web.sign_in.tricks import ANYWHERE, HTML, Trick
from tests.servers.provider import SECRET

log = test_canaries.log


def _cases(name: str) -> dict[str, Trick]:
    own = {**WITH_TOKENS, **ODD[name]} if name in OIDC else DISCORD
    return {**ANYWHERE, **own}


def test_there_are_many_cases_for_every_provider():
    assert {name for name in (*OIDC, "discord") if len(_cases(name)) < 40} == set()


async def test_nobody_is_signed_in_by_a_bad_answer_and_nothing_breaks(browser, name, log):
    wrong = []
    for case, trick in _cases(name).items():
        browser.http.cookies.clear()
        browser.seen.clear()
        kept, client = vars(browser.provider).copy(), browser.sign_in.providers[name].client
        token_url = client.access_token_url
        await trick(browser)
        broken = [one for one in browser.seen if one.status_code == 500 or HTML in one.text]
        if browser.signed_in_as is not None or broken:
            wrong.append(case)
        vars(browser.provider).update(kept, user=dict(NIA[name]))
        client.access_token_url = token_url
    assert wrong == []
    await browser.sign_in_now()  # the tricks have left nothing behind
    assert browser.signed_in_as is not None
    _nothing_secret(browser, log())


def _nothing_secret(browser: Browser, logged: str) -> None:
    """Check that there are no secrets in the log at DEBUG, nor on the pages."""
    assert "A sign-in failed" in logged
    secrets = [SECRET, "an-access-token", "code_verifier", EMAIL, HTML, *browser.provider.asked]
    assert [secret for secret in secrets if secret in logged] == []
    for one in browser.seen:
        assert not any(secret in one.text for secret in secrets[:2])


async def test_a_code_works_once_and_with_its_own_cookie(browser):
    path = await browser.away()
    flow = dict(browser.http.cookies)
    assert (await browser.get(path)).status_code == 303
    browser.http.cookies.clear()
    assert (await browser.get(path)).status_code == 400  # the cookie of the flow is gone
    browser.http.cookies.update(flow)
    assert (await browser.get(path)).status_code == 400  # and with it, the provider refuses
    assert browser.signed_in_as is None


async def test_whoever_comes_back_in_a_browser_without_the_cookie_is_told_to_use_one(browser):
    path = await browser.away("/i/some-token")
    flow = dict(browser.http.cookies)
    browser.http.cookies.clear()  # an app's own browser keeps none, or the link was opened in another one
    told = await browser.get(path)
    assert "Open your link again in your usual browser" in told.text
    assert "Go back" not in told.text, "which page it was is not known"
    browser.http.cookies.update(flow)
    assert (await browser.get(path)).headers["location"] == "/i/some-token", "nothing was used up"


async def test_no_address_sends_people_away_from_our_pages(browser):
    for page in ("/me", "/i/some-token"):
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
            path = await browser.away(page)
            back = await browser.get(f"{path}&next={elsewhere}&redirect_uri={elsewhere}")
            assert back.headers["location"] == page
    for odd in ("/.//evil.example", "/i/..%2f..%2fevil", "/i/a%0d%0ab", "/i/" + "x" * 200):
        answer = await browser.http.get(f"{odd}/sign-in/{browser.name}")
        assert answer.status_code in {404, 307}, odd
        assert "evil.example" not in answer.headers.get("location", "")


@pytest.mark.parametrize("token", ["x" * 129, "x;y", "x%0Ay", "%2F%2Fevil.example"])
async def test_what_is_no_page_of_ours_is_no_way_back(browser, token):
    for verb, path in (("get", f"/i/{token}/sign-in/google"), ("post", f"/i/{token}/sign-out")):
        assert (await getattr(browser.http, verb)(path)).status_code == 404


async def test_looking_at_the_way_back_uses_nothing_up(browser):
    path = await browser.away()
    for _ in range(3):
        await browser.http.head(path)
    await browser.get(path)
    assert browser.signed_in_as is not None


async def test_people_are_told_if_the_provider_does_not_answer(browser, name):
    provider = browser.sign_in.providers[name]
    if name == "discord":
        path = await browser.away()
        provider.client.access_token_url = "http://127.0.0.1:9/token"
    else:
        provider.client._server_metadata_url = "http://127.0.0.1:9/metadata"
        path = f"/me/sign-in/{name}"
    answer = await browser.get(path)
    assert answer.status_code == 502
    assert f"{provider.label} does not answer" in answer.text


async def test_whoever_cancels_is_not_blamed(browser):
    path = await browser.away("/i/some-token")
    back = f"{path.partition('?')[0]}?error=access_denied&state={parts(path)['state']}"
    answer: httpx2.Response = await browser.get(back)
    assert "You did not sign in" in answer.text
    assert 'href="/i/some-token"' in answer.text
