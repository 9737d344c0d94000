"""Mails over real sockets: what arrives, and what happens with every kind of failure."""

import asyncio
import logging
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.values import replace
from bot.jobs.timeouts import WITHIN
from bot.platforms.mail import limits
from bot.platforms.mail.message import Sender, compose
from bot.platforms.mail.render import Body
from bot.platforms.mail.smtp import Server, Smtp, hello
from bot.settings.mail import MailSettings
from tests.servers.mail.server import PASSWORD, USERNAME, MailServer, mail_server, self_made_certificate
from tests.world import START

NIA = "nia@example.org"
SENDER = Sender("Homeroom <door@example.org>")


class Watch:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def letter(to: str = NIA) -> EmailMessage:
    return compose(Body("Ada invited you", "Come in.\n", "<p>Come in.</p>"), SENDER, to, START)


def to(server: MailServer, **settings: object) -> Server:
    ours = Server("127.0.0.1", server.port, "none", hello="homeroom.example.org")
    return replace(ours, **settings)  # type: ignore[arg-type]


async def failure(smtp: Smtp, message: EmailMessage | None = None) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        await smtp.send(message or letter())
    return failed.value


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_made_certificate(tmp_path_factory.mktemp("certificate"))


async def test_a_mail_arrives(server: MailServer) -> None:
    await Smtp(to(server)).send(letter())
    (taken,) = server.taken
    assert taken["Subject"] == "Ada invited you"
    assert server.envelopes == [("door@example.org", [NIA])]


@pytest.mark.parametrize("implicit", [False, True])
async def test_over_tls_with_a_name_and_password(certificate: Path, *, implicit: bool) -> None:
    async with mail_server(certificate=certificate, implicit=implicit, sign_in=True) as server:
        security = "tls" if implicit else "starttls"
        own = to(server, security=security, ca_file=certificate, username=USERNAME, password=PASSWORD)
        await Smtp(own).send(letter())
        assert len(server.taken) == 1


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_certificate_that_nobody_trusts_sends_nothing(certificate: Path, *, implicit: bool) -> None:
    async with mail_server(certificate=certificate, implicit=implicit) as server:
        failed = await failure(Smtp(to(server, security="tls" if implicit else "starttls")))
        assert failed.ours
        assert not failed.final
        assert "its certificate is not trusted (self-signed certificate)" in str(failed)
        assert server.taken == []


async def test_a_server_without_starttls_gets_no_mail_in_the_clear(server: MailServer) -> None:
    failed = await failure(Smtp(to(server, security="starttls")))
    assert failed.ours
    assert "mail.security" in str(failed)
    assert server.taken == []


async def test_a_wrong_password_is_the_operators_affair_and_logged_once(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch()
    async with mail_server(certificate=certificate, sign_in=True) as server:
        own = to(server, security="starttls", ca_file=certificate, username=USERNAME, password="sesame")
        smtp = Smtp(own, watch)
        first, second = await failure(smtp), await failure(smtp)
        assert (first.ours, first.final, first.retry_after) == (True, False, limits.PAUSE)
        assert "mail.password" in str(first)
        assert str(second) == str(first)
        assert server.connections == 1, "repeated failures lock accounts"
        watch.at += limits.PAUSE + 1
        await failure(smtp)
        assert server.connections == 2
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "sesame" not in caplog.text


async def test_a_server_that_is_mended_gets_the_mail_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch()
    async with mail_server() as server:
        server.sender_answer = "550 5.7.1 Not from you"
        smtp = Smtp(to(server), watch)
        failed = await failure(smtp)
        assert failed.ours
        assert "mail.sender" in str(failed)
        server.sender_answer = ""
        watch.at += limits.PAUSE + 1
        await smtp.send(letter())
        assert len(server.taken) == 1
    assert "accepts our mail again" in caplog.text


async def test_a_server_that_wants_an_account_is_the_operators_affair(certificate: Path) -> None:
    async with mail_server(certificate=certificate, sign_in=True) as server:
        failed = await failure(Smtp(to(server, security="starttls", ca_file=certificate)))
        assert failed.ours
        assert "530" in str(failed)


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        ("550 5.1.1 <nia@example.org>: no such user", True),
        ("552 5.2.2 nia@example.org is over quota", True),
        ("450 4.2.0 nia@example.org: greylisted, come back", False),
    ],
)
async def test_a_recipient_that_is_refused(server: MailServer, answer: str, *, final: bool) -> None:
    server.refused[NIA] = answer
    failed = await failure(Smtp(to(server)))
    assert (failed.final, failed.ours) == (final, False)
    assert answer[:9] in str(failed)
    assert "example.org" not in str(failed), "error texts are logged, addresses are not"


# Servers report most problems with the sender only at a recipient or the message.
OURS = [
    "554 5.7.1 <nia@example.org>: Relay access denied",  # Postfix
    "550 relay not permitted",  # Exim
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",  # Exchange
    "553 5.7.1 <door@example.org>: Sender address rejected: not owned by user homeroom",  # Postfix
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",  # Exchange
    "554 5.2.252 SendAsDenied; door@example.org not allowed to send as nia@example.org",  # Microsoft 365
    "550 The from address does not match a verified Sender Identity.",  # SendGrid
    "554 Message rejected: Email address is not verified.",  # Amazon SES
    "550 5.4.5 Daily user sending limit exceeded.",  # Gmail
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed",  # Microsoft 365
    "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.Mapi",  # of sent mail
    "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname",  # Postfix
]


@pytest.mark.parametrize("answer", OURS)
@pytest.mark.parametrize("early", [True, False])
async def test_a_refusal_of_us_is_tried_again_and_said_once(
    server: MailServer, caplog: pytest.LogCaptureFixture, answer: str, *, early: bool
) -> None:
    server.refused, server.data_answer = ({NIA: answer}, "") if early else ({}, answer)
    smtp = Smtp(to(server))
    for _ in range(2):
        failed = await failure(smtp)
        assert (failed.final, failed.ours, failed.breadth) == (False, False, Breadth.PLACE)
    (told,) = [one.message for one in caplog.records if one.levelno == logging.ERROR]
    assert answer[:3] in told
    assert "example.org" not in told
    server.refused, server.data_answer = {}, ""
    await smtp.send(letter())


@pytest.mark.parametrize(("answer", "final"), [("451 4.3.0 disk full", False), ("554 5.6.0 spam", True)])
async def test_a_message_that_is_refused(server: MailServer, answer: str, *, final: bool) -> None:
    server.data_answer = answer
    failed = await failure(Smtp(to(server)))
    assert (failed.final, failed.ours) == (final, False)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        ("450 4.2.0 Greylisted, please try again in 300 seconds", 300),
        ("451 4.7.1 Retry your mail after 5 minutes", 300),
        ("450 4.2.0 come back in 90s", 90),
        ("451 4.7.1 try again in 900 hours", limits.LONGEST_WAIT),
        ("450 4.2.0 greylisted, come back", None),
        ("550 5.7.1 do not try again in 5 minutes", None),
    ],
)
async def test_how_long_a_server_wants_us_to_wait(
    server: MailServer, answer: str, wait: float | None
) -> None:
    server.refused[NIA] = answer
    failed = await failure(Smtp(to(server)))
    assert (failed.retry_after, failed.breadth) == (wait, Breadth.PLACE)


@pytest.mark.parametrize(
    "answer",
    [
        "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
        "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
    ],
)
async def test_a_server_that_takes_few_at_once_gets_few(server: MailServer, answer: str) -> None:
    """Microsoft 365 accepts three connections at once, and refuses all if there are more."""
    watch = Watch()
    smtp = Smtp(to(server), watch)
    server.data_answer = answer
    refused = await asyncio.gather(*(failure(smtp) for _ in range(limits.CONNECTIONS)))
    assert {(one.final, one.ours, one.retry_after) for one in refused} == {(False, True, limits.BUSY)}
    server.data_answer, server.most_here = "", 0
    await asyncio.gather(*(smtp.send(letter()) for _ in range(limits.CONNECTIONS)))
    assert server.most_here <= 3
    assert len(server.taken) == limits.CONNECTIONS


async def test_a_server_that_takes_one_at_a_time_gets_one(server: MailServer) -> None:
    watch = Watch()
    smtp = Smtp(to(server), watch)
    server.data_answer = "432 4.3.2 Concurrent connections limit exceeded"
    for _ in range(3):
        await asyncio.gather(*(failure(smtp) for _ in range(limits.CONNECTIONS)))
        watch.at += limits.PAUSE + 1
    server.data_answer, server.most_here = "", 0
    await asyncio.gather(*(smtp.send(letter()) for _ in range(limits.CONNECTIONS)))
    assert server.most_here == 1


async def test_a_server_that_closes_gets_nothing_for_a_while(server: MailServer) -> None:
    for answer, wait in (("421 4.3.2 shutting down", limits.PAUSE), ("421 retry in 5 minutes", 300)):
        server.data_answer = answer
        failed = await failure(Smtp(to(server)))
        assert (failed.final, failed.ours, failed.retry_after) == (False, True, wait)
        assert failed.breadth is Breadth.PLATFORM


async def test_a_mail_that_is_too_large_is_refused_with_its_sender_and_nobodys_fault(
    server: MailServer,
) -> None:
    """A server that supports sizes refuses at the sender already (RFC 1870)."""
    server.sender_answer = "552 5.3.4 Message size exceeds fixed limit"
    failed = await failure(Smtp(to(server)))
    assert (failed.final, failed.ours) == (True, False)


async def test_a_sender_that_is_put_off_is_tried_again(server: MailServer) -> None:
    server.sender_answer = "451 4.7.1 Too many mails"
    failed = await failure(Smtp(to(server)))
    assert (failed.final, failed.ours) == (False, False)


async def test_a_connection_that_breaks_in_the_middle_is_tried_again(server: MailServer) -> None:
    server.drops_in_data = True
    smtp = Smtp(to(server))
    failed = await failure(smtp)
    assert (failed.final, failed.ours) == (False, False)
    server.drops_in_data = False
    await smtp.send(letter())
    assert len(server.taken) == 1


async def test_a_server_that_falls_silent_is_left_after_the_timeout(server: MailServer) -> None:
    server.silent_in_data = True
    failed = await failure(Smtp(to(server, timeout=0.3)))
    assert (failed.final, failed.ours) == (False, False)
    assert "in time" in str(failed)


async def test_a_mail_that_others_kept_waiting_has_all_its_time(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, waited = asyncio.get_running_loop(), 0.0
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + waited)
    monkeypatch.setattr(limits, "CONNECTIONS", 1)
    smtp = Smtp(to(server))
    server.gate.clear()
    first = asyncio.create_task(smtp.send(letter()))
    await server.arrived.wait()
    second = asyncio.create_task(smtp.send(letter()))
    await asyncio.sleep(0)  # it waits for the first
    waited = to(server).timeout - 1
    server.arrived.clear()
    server.gate.set()
    await first
    server.gate.clear()
    await server.arrived.wait()
    waited += 2
    server.gate.set()
    await second
    assert len(server.taken) == 2


async def test_a_mail_that_may_take_long_waits_briefly(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, waited = asyncio.get_running_loop(), 0.0
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + waited)
    monkeypatch.setattr(limits, "CONNECTIONS", 1)
    smtp = Smtp(to(server, timeout=45.0))
    server.gate.clear()
    first = asyncio.create_task(smtp.send(letter()))
    await server.arrived.wait()
    second = asyncio.create_task(failure(smtp))
    await asyncio.sleep(0)  # it waits for the first
    waited = limits.DELIVERY - 45 + 1
    assert "Other mails are sent first" in str(await second)
    server.gate.set()
    await first


def test_no_mail_is_cut_off_that_waited_as_long_as_it_may() -> None:
    assert WITHIN.total_seconds() > limits.DELIVERY + limits.GOODBYE
    assert MailSettings(timeout=45).timeout < limits.DELIVERY


async def test_no_server_is_the_operators_affair(unused_tcp_port: int) -> None:
    failed = await failure(Smtp(Server("127.0.0.1", unused_tcp_port, "none")))
    assert failed.ours
    assert str(unused_tcp_port) in str(failed)


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://homeroom.maple.example", "homeroom.maple.example"),
        ("https://homeroom.maple.example:8443/door", "homeroom.maple.example"),
        ("http://localhost:8000", "example.org"),
        ("http://192.0.2.7:8000", "example.org"),
        ("http://[2001:db8::7]:8000", "example.org"),
        ("http://homeroom", "example.org"),
        ("", "example.org"),
    ],
)
def test_mail_servers_are_told_a_whole_name(base_url: str, name: str) -> None:
    assert hello(base_url, SENDER.address) == name


async def test_foreign_letters_in_an_address(server: MailServer) -> None:
    await Smtp(to(server)).send(letter("jürgen@münchen.example"))
    assert server.envelopes == [("door@example.org", ["jürgen@xn--mnchen-3ya.example"])]
