"""Which account and which e-mail address each provider's claims stand for."""

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.core.rights.actors import AccountKey
from bot.platforms.web.sign_in.identities import Unproven
from bot.platforms.web.sign_in.providers import build
from tests.platforms.web.sign_in.conftest import EMAIL, OBJECT, OIDC, OTHER_TENANT, TENANT, settings_for

ACCOUNTS = {
    "google": AccountKey("google", "1045"),
    "microsoft": AccountKey("microsoft", f"{TENANT}/{OBJECT}"),
    "slack": AccountKey("slack", "T1/U7"),
    "discord": AccountKey("discord", "77"),
}
NEXT = RSAKey.generate_key(2048, {"kid": "next", "use": "sig"})
# What says that the address is theirs, and what does not.
FLAG = {"google": "email_verified", "slack": "email_verified", "discord": "verified"}


async def test_somebody_signs_in(browser, name):
    answer = await browser.sign_in_now("/i/some-token")
    assert (answer.status_code, answer.headers["location"]) == (303, "/i/some-token")
    who = browser.signed_in_as
    assert (who.account, who.name, who.verified_email) == (ACCOUNTS[name], "Nia", EMAIL)
    assert browser.provider.problems == []


def test_the_certificates_of_this_machine_are_read_once_and_not_for_each_answer():
    built = build({name: settings_for(name, "http://127.0.0.1:9") for name in ACCOUNTS})
    assert len({one.client.client_kwargs["verify"] for one in built.values()}) == 1


@pytest.mark.parametrize("name", OIDC)
async def test_a_provider_changes_its_keys_while_we_run(browser, name):
    await browser.sign_in_now()
    browser.http.cookies.clear()
    published = {
        **NEXT.as_dict(private=False),
        "issuer": "https://login.example/{tenantid}/v2.0",
        "x5t": "next",
    }
    browser.provider.keys = [published, *browser.provider.keys]
    browser.provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "next"}, claims, NEXT)
    await browser.sign_in_now()
    assert browser.signed_in_as.account == ACCOUNTS[name]


@pytest.mark.parametrize("name", FLAG)  # Microsoft says nothing of it: its tenants are named in the settings
@pytest.mark.parametrize("said", [False, None, "true", "false", 1, 0, "", [], {}])
async def test_an_address_counts_only_if_the_provider_says_so(browser, name, said):
    browser.provider.claims[FLAG[name]] = browser.provider.user[FLAG[name]] = said
    await browser.sign_in_now()
    assert browser.signed_in_as.account == ACCOUNTS[name]
    assert browser.signed_in_as.verified_email == ""


@pytest.mark.parametrize("name", ["microsoft"])
async def test_the_address_of_a_foreign_tenant_does_not_count(browser, name):
    browser.provider.claims["tid"] = OTHER_TENANT
    await browser.sign_in_now()
    assert browser.signed_in_as.account == AccountKey("microsoft", f"{OTHER_TENANT}/{OBJECT}")
    assert browser.signed_in_as.verified_email == ""


@pytest.mark.parametrize("name", ["slack"])
async def test_the_address_of_a_foreign_workspace_does_not_count(browser, name):
    browser.provider.claims["https://slack.com/team_id"] = "T2"
    await browser.sign_in_now()
    assert browser.signed_in_as.account == AccountKey("slack", "T2/U7")
    assert browser.signed_in_as.verified_email == ""


@pytest.mark.parametrize("name", ["microsoft"])
@pytest.mark.parametrize("said", [False, "0", "false"])
async def test_an_address_whose_domain_the_tenant_does_not_own_does_not_count(browser, name, said):
    browser.provider.claims["xms_edov"] = said
    await browser.sign_in_now()
    assert browser.signed_in_as.verified_email == ""


@pytest.mark.parametrize("said", ["no address", "a@b", "x" * 5000 + "@example.org", "", None, 7, ["a@b.org"]])
async def test_what_is_no_address_does_not_count(browser, name, said):
    browser.provider.claims["email"] = browser.provider.user["email"] = said
    await browser.sign_in_now()
    assert browser.signed_in_as.account == ACCOUNTS[name]
    assert browser.signed_in_as.verified_email == ""


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("<b onclick=alert(1)>Nia</b>", "&lt;b onclick=alert(1)&gt;Nia&lt;/b&gt;"),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
        ("\u202eaiN\x00", "aiN"),
        ("N" * 2_000, "N" * 80),
        ("  Nia \n\t Okafor ", "Nia Okafor"),
    ],
)
async def test_a_name_is_text_and_short(browser, called, shown):
    browser.provider.claims["name"] = browser.provider.user["global_name"] = called
    await browser.sign_in_now()
    page = await browser.get("/me")
    assert f"<bdi>{shown}</bdi>" in page.text
    assert "<b onclick" not in page.text


@pytest.mark.parametrize("called", ["", None, 7, {"a": 1}])
async def test_a_name_that_is_none_is_no_trouble(browser, name, called):
    browser.provider.claims["name"] = browser.provider.user["global_name"] = called
    await browser.sign_in_now()
    assert browser.signed_in_as.name == ("nia" if name == "discord" else "?")


def test_unproven_says_what_is_missing():
    assert str(Unproven("oid")) == "oid"
