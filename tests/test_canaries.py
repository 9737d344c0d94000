"""Secrets go through every command and every failing path: none appears in logs, records or refusals."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2
import pytest

from bot import log as logs
from bot.chat.context import Links
from bot.chat.notifier import DeliveryFailed
from bot.chat.options import OptionKind
from bot.chat.replies import Actions, Card, LinkButton
from bot.commands import REGISTRY
from bot.core import claims
from bot.core.claims import Purpose
from bot.core.ids import grouped, new_code, new_token
from bot.core.invitations.guessing import Limits
from bot.core.notices.notices import Destination
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.jobs.delivery import Delivery
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from bot.settings import BadSettings, load
from tests.core.cells import PATIENT, filled
from tests.core.door import BROKEN, Door, heard, maple, open_door
from tests.core.tenants import Land, settle
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.platforms.web.sign_in.keyholders import NIA, house, proof_in, reader
from tests.storage import build as stored
from tests.world import BASE_URL, World, deliver_due, open_world, sqlite_url

T = TypeVar("T")
# What the audit log keeps word for word: the names of places and roles.
AUDITED = {
    *(("role create", "name"), ("role edit", "name"), ("school create", "name"), ("school edit", "name")),
    ("school approvals", "channel"),
}
# Tables kept for long or read by operators; elsewhere secrets are sealed, hashed, or in people's own texts.
KEPT = ("audit_entries", "outbox", "card_copies", "claims", "misses")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """All that any library logs, at the level DEBUG."""
    root, heard_here = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    with monkeypatch.context() as during:
        during.setattr(sys, "stderr", heard_here)
        logs.configure("DEBUG")
    logging.getLogger("bot.canaries").debug("the log is heard")
    yield heard_here.getvalue
    root.handlers[:] = before
    root.setLevel(level)


def hits(secrets: list[str], text: str) -> list[str]:
    """Return the secrets in a text, however they are encoded."""
    flat = text.upper().replace("-", "")
    return [one for one in secrets if one in text or (len(one) == 13 and one in flat)]


class Broken(Exception):
    """An unexpected exception."""


@dataclass
class BreaksAfter:
    """A database that fails just before the commit."""

    real: Any

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        def broken(uow: UnitOfWork) -> T:
            unit(uow)
            raise Broken

        result: T = await self.real.run(broken)
        return result

    read = run


async def _secrets(door: Door, land: Land) -> dict[str, list[str]]:
    """Make one of each secret; return how it is typed, and the parts that must appear nowhere."""

    def unit(uow: UnitOfWork) -> dict[str, list[str]]:
        mine = uow.invitations.by_id(land.own.ids["invitation"][0])
        assert mine is not None
        account = claims.issue(uow, Purpose.LINK_ACCOUNT, subject=land.own.ids["human"][0])
        school = claims.issue(uow, Purpose.LINK_SCHOOL, subject=f"{land.own.school.id}/x")
        guess, token = new_code(), new_token()
        return {
            grouped(mine.code): [mine.code, mine.token],
            f"{BASE_URL}/i/{mine.token}": [mine.code, mine.token],
            account: [account],
            grouped(school): [school],
            guess: [guess],
            f"{BASE_URL}/i/{token}": [token],
        }

    return await door.database.run(unit)


def _kept(door: Door) -> str:
    tables = dict(door.database.state.tables())  # type: ignore[union-attr]
    return "\n".join(repr(tables[name]) for name in KEPT)


@pytest.mark.parametrize("breaks", [False, True], ids=["works", "breaks"])
@pytest.mark.parametrize("path", [command.path for command in REGISTRY])
async def test_no_command_tells_a_secret(path: str, log: Callable[[], str], *, breaks: bool) -> None:
    command = REGISTRY[path]
    texts = [
        one for one in command.options if one.kind in {OptionKind.TEXT, OptionKind.WHEN, OptionKind.CHANNEL}
    ]
    for option in (one for one in texts if (path, one.name) not in AUDITED):
        door = open_door("web:root")
        land = await door.database.run(settle)
        runner = replace(door.runner, limits=Limits(account=PATIENT, everyone=PATIENT))
        secrets = await _secrets(door, land)
        for typed, parts in secrets.items():
            for who in ("mal", "zed"):
                real = BreaksAfter(door.database) if breaks else door.database
                values = filled(command, land.own, "") | {option.name: typed}
                told = await replace(runner, database=real).run(
                    path, land.attackers[who], values, clicked=True
                )
                if BROKEN in heard(told) or (told.refused and option.secret):
                    assert hits(parts, heard(told)) == [], f"{option.name} is said back"
        every = [one for parts in secrets.values() for one in parts]
        assert hits(every, _kept(door)) == []
        assert hits(every, log()) == []
    assert "the log is heard" in log()
    if path == "join":
        assert ("A command failed" in log()) is breaks


async def test_what_is_typed_in_a_line_is_not_logged(log: Callable[[], str]) -> None:
    door = open_door()
    await maple(door)
    code = await door.code()
    for line in (f"/join {code} {code}", f"/{code}", f"/join cod:{code}", f'/join "{code}', code):
        with suppress(AssertionError):
            await door.says("eve", line)
    assert hits([code], log()) == []


@dataclass
class Refusing:
    """A platform that refuses what it is given, and says in its own words why."""

    failure: Callable[[str], Exception]
    links: list[str] = field(default_factory=list)

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:  # noqa: ARG002
        buttons = [one for block in card.blocks if isinstance(block, Actions) for one in block.buttons]
        self.links += [one.url for one in buttons if isinstance(one, LinkButton)]
        raise self.failure(f"refused: {card!r}")

    redraw: Any = post


@pytest.mark.parametrize("final", [False, True])
async def test_mail_that_fails_tells_no_token(log: Callable[[], str], *, final: bool) -> None:
    door = open_door()
    await maple(door)
    await door.says("ada", '/invite person to:nora@example.org name:"Nora" roles:Staff')
    invitation = (await door.invitations())[0]
    await door.clicks("ada", "invite send", invitation=invitation.id)
    mail = Refusing(lambda _: DeliveryFailed("The mail server refuses it (550)", final=final))
    delivery = Delivery(door.database, {Platform.EMAIL: mail}, door.clock, Links(BASE_URL))
    assert await deliver_due(delivery) > 0
    tokens = [link.rpartition("/")[2] for link in mail.links]
    assert tokens, "the mail had a link"
    assert hits(tokens, log() + _kept(door)) == []


async def test_a_delivery_that_breaks_keeps_no_token(log: Callable[[], str]) -> None:
    door = open_door()
    await maple(door)
    await door.says("ada", '/invite person to:nora@example.org name:"Nora" roles:Staff')
    invitation = (await door.invitations())[0]
    await door.clicks("ada", "invite send", invitation=invitation.id)
    mail = Refusing(Broken)
    delivery = Delivery(door.database, {Platform.EMAIL: mail}, door.clock, Links(BASE_URL))
    assert await deliver_due(delivery) > 0
    tokens = [link.rpartition("/")[2] for link in mail.links]
    assert tokens, "the mail had a link"
    assert hits(tokens, _kept(door)) == []
    assert hits(tokens, log()) == []


async def test_pages_log_no_link(tmp_path: Any, log: Callable[[], str]) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        token = new_token()
        app = build(world.runner, look_up=link_lookup(world.runner), joins={})
        async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
                await client.request(method, f"/i/{token}")
    assert hits([token], log()) == []


@pytest.mark.parametrize("breaks", [False, True], ids=["works", "breaks"])
async def test_passwords_and_their_links_show_nowhere(
    tmp_path: Any, log: Callable[[], str], monkeypatch: pytest.MonkeyPatch, *, breaks: bool
) -> None:
    # Whatever ran before must not have silenced the server.
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "disabled", False)
    right, wrong = "canary lamp river", "canary engine marble"
    async with house(tmp_path) as home, reader(home) as nia:
        link = await home.link()
        await nia.chooses(link, right)
        await nia.signs_in(password=wrong)
        await nia.signs_in(password=right)
        await nia.fill("/me/sign-in/password/forgot", email=NIA)
        await home.world.deliver()
        other = home.mails.link()
        if breaks:
            page = await nia.get(other)
            home.keys_break(BreaksAfter(home.world.database))
            for path in (other, "/me/sign-in/password"):
                sent = {"proof": proof_in(page), "email": NIA, "password": right}
                assert (await nia.http.post(path, data=sent)).status_code == 500
        tables = repr(await home.door.tables())
    tokens = [one.rpartition("/")[2] for one in (link, other)]
    assert len({*tokens}) == 2
    assert hits([right, wrong, *tokens], tables) == []
    assert hits([right, wrong, *tokens], log()) == []
    assert ("Broken" in log()) is breaks


async def test_an_error_of_the_database_names_no_secret(world: World) -> None:
    made: list[Any] = []

    def unit(uow: UnitOfWork) -> None:
        one = stored.invitation(uow, stored.school(uow), stored.person(uow))
        made.append(one)
        uow.invitations.add(replace(one, id=stored.fresh_id()))

    with pytest.raises(Exception, match=r"(?i)unique") as failed:
        await world.database.run(unit)
    said = f"{failed.value} {failed.value!r} {failed.value.__cause__!r}"
    assert hits([made[0].code, made[0].token], said) == []


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "DISCORD__TOKEN", "SLACK__BOT_TOKEN", "MAIL__PASSWORD", "WEB__PLAYGROUND_PASSWORD"]
)
def test_no_setting_is_said_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"HOMEROOM_{name}", "CANARY-7")
    monkeypatch.setenv("HOMEROOM_WEB__PORT", "many")
    with pytest.raises(BadSettings) as bad:
        load()
    assert "CANARY" not in f"{bad.value} {bad.value!r}"
    monkeypatch.delenv("HOMEROOM_WEB__PORT")
    with suppress(BadSettings):
        assert "CANARY" not in repr(load())
