"""Mails by a server that accepts no password, but a token from another server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.platforms.mail import limits
from bot.platforms.mail.smtp import Smtp
from bot.platforms.mail.tokens import Issuer, Tokens
from tests.platforms.mail.test_smtp import Watch, failure, letter, to
from tests.servers.mail.server import MailServer, mail_server, self_made_certificate
from tests.servers.mail.tokens import APP, SCOPE, SECRET, TokenServer, refusal, token_server

MAILBOX = "door@example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_made_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[MailServer]:
    async with mail_server(certificate=certificate, sign_in=True) as running:
        running.tokens = {MAILBOX: "token-1"}
        yield running


@pytest.fixture
async def issuer() -> AsyncIterator[TokenServer]:
    async with token_server() as running:
        yield running


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def smtp(server: MailServer, issuer: TokenServer, certificate: Path, watch: Watch) -> Smtp:
    own = to(server, security="starttls", ca_file=certificate, username=MAILBOX)
    return Smtp(own, watch, Tokens(Issuer(issuer.url, APP, SECRET, SCOPE), watch))


async def test_mails_go_out_by_one_token_until_shortly_before_it_ends(
    smtp: Smtp, server: MailServer, issuer: TokenServer, watch: Watch
) -> None:
    await smtp.send(letter())
    watch.at += 3200
    await smtp.send(letter())
    assert len(issuer.asked) == 1
    issuer.token, server.tokens[MAILBOX] = "token-2", "token-2"
    watch.at += 100
    await smtp.send(letter())
    assert len(issuer.asked) == 2
    assert len(server.taken) == 3


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ({"data": refusal(), "status": 401}, "401 invalid_client, AADSTS7000215"),
        ({"data": {"error": "invalid_scope"}, "status": 400}, "400 invalid_scope"),
        ({"data": ["odd"]}, "200"),
        ({"text": "<html>", "status": 502}, "502"),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, "302"),
    ],
)
async def test_without_a_token_mails_wait_and_the_operator_is_told_why(
    smtp: Smtp, server: MailServer, issuer: TokenServer, watch: Watch, instead: dict[str, Any], told: str
) -> None:
    issuer.instead = web.json_response(**instead) if "data" in instead else web.Response(**instead)
    failed = await failure(smtp)
    assert (failed.ours, failed.final, failed.retry_after) == (True, False, limits.PAUSE)
    assert "mail.token_url" in str(failed)
    assert told in str(failed)
    assert SECRET not in str(failed)
    assert APP not in str(failed)
    issuer.instead = None
    watch.at += limits.PAUSE + 1
    await smtp.send(letter())
    assert len(server.taken) == 1


async def test_an_issuer_that_is_not_there(server: MailServer, certificate: Path) -> None:
    own = to(server, security="starttls", ca_file=certificate, username=MAILBOX)
    failed = await failure(Smtp(own, tokens=Tokens(Issuer("http://127.0.0.1:1/token", APP, SECRET))))
    assert failed.ours
    assert "cannot be reached" in str(failed)


async def test_a_token_that_is_not_taken_is_asked_for_anew(
    smtp: Smtp, server: MailServer, issuer: TokenServer, watch: Watch
) -> None:
    server.tokens = {}
    failed = await failure(smtp)
    assert failed.ours
    assert "our token for mail.username (535" in str(failed)
    issuer.token = "token-2"  # it says now that the app may send as the mailbox
    server.tokens = {MAILBOX: "token-2"}
    watch.at += limits.PAUSE + 1
    await smtp.send(letter())
    assert len(issuer.asked) == 2
