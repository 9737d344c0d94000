"""`homeroom check`: everything that it checks is broken once, and it says how to repair it."""

import asyncio
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import inspect, make_url, text

from bot.app import SystemClock
from bot.console.check import check
from bot.console.checks import look
from bot.console.checks.findings import State
from bot.core import jobs
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.ports import UnitOfWork
from bot.settings import load
from bot.storage import backups, inspection
from bot.storage.inspection import read_only
from bot.storage.maintenance import downgrade, in_transaction, upgrade
from tests.console.looking import done, found, wrong
from tests.postgres import PostgresServer
from tests.servers.mail.server import PASSWORD, USERNAME, mail_server, self_made_certificate
from tests.servers.mail.tokens import APP, SCOPE, SECRET, token_server
from tests.storage import build
from tests.world import START, FakeClock

URL = "https://door.example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_made_certificate(tmp_path_factory.mktemp("certificate"))


async def _said(*, as_json: bool = False, width: int = 60, **given: Any) -> tuple[int, str]:
    out = StringIO()
    status = await check(load(**given), Console(file=out, width=width), as_json=as_json, within=10.0)
    return status, out.getvalue()


async def test_an_installation_that_begins_is_not_touched(tmp_path: Path) -> None:
    status, said = await _said()
    assert (status, "Nothing is wrong." in said) == (0, True)
    assert not (tmp_path / "var").exists()


async def test_what_is_to_be_typed_stands_on_one_line_on_every_screen() -> None:
    status, said = await _said(width=40, base_url="http://door.example.org")
    assert status == 1
    assert "Put a proxy with TLS in front of Homeroom (nginx, Caddy or your host's load balancer)" in said


async def test_json() -> None:
    status, said = await _said(as_json=True, base_url="http://door.example.org")
    told = json.loads(said)
    assert (status, told["ok"]) == (1, False)
    assert {"area", "state", "told", "mend"} == set(told["findings"][0])
    assert json.loads((await _said(as_json=True))[1])["ok"] is True


async def test_base_urls() -> None:
    assert "http://" in (await wrong("settings", base_url="http://door.example.org")).told
    assert [one for one in await found("settings", base_url=URL) if one.state is State.WRONG] == []


async def test_whether_anybody_can_type_anything() -> None:
    notes = [one.told for one in await found("settings") if one.state is State.NOTE]
    assert "Neither Discord nor Slack has a token: only the web pages are served." in notes
    half = await wrong("slack", slack={"app_token": "xapp-1"})
    assert ("slack.app_token alone" in half.told, "xoxb-" in half.mend) == (True, True)
    assert "slack.public_http alone" in (await wrong("slack", slack={"public_http": True})).told


_SOCKS = "socks5://ada:canary@127.0.0.1:9"  # pragma: allowlist secret


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("value", ["proxy.example.org:3128", _SOCKS, "http://["])
async def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """With a SOCKS proxy the libraries end in an ImportError; others say only that an address is wrong."""
    monkeypatch.delenv(name.lower(), raising=False)  # it would be the one that counts
    monkeypatch.setenv(name, value)
    told = await wrong("settings", discord={"token": "abc"}, slack={"bot_token": "xoxb-1"})
    assert told.told == f"{name} in the environment names no proxy that Homeroom can use."
    assert f"{name}=http://" in told.mend
    assert "canary" not in f"{told}"
    for area in ("discord", "slack", "clock", "sign-in"):
        assert [one.state for one in await found(area)] == [State.SKIPPED]


async def test_who_is_system_administrator() -> None:
    note = "system_administrators is empty: whoever enters the code printed at the start becomes one."
    assert note in [one.told for one in await found("settings")]
    assert note not in [one.told for one in await found("settings", system_administrators=["discord:1"])]

    def claimed(uow: UnitOfWork) -> None:
        uow.members.assign(build.person(uow).id, "System Administrator", None, by=None, at=uow.now)

    await done(load(), claimed)
    assert note not in [one.told for one in await found("settings")]  # no code is printed any more


async def test_the_folder_of_oneroster(tmp_path: Path) -> None:
    folder = tmp_path / "oneroster"
    told = await wrong("settings", rosters={"oneroster_folder": str(folder)})
    assert told.told == f"rosters.oneroster_folder cannot be read: {folder}: No such file or directory."
    folder.mkdir()
    seen = await found("settings", rosters={"oneroster_folder": str(folder)})
    assert f"OneRoster folders are read from {folder}." in [one.told for one in seen]


async def test_the_key_of_another_installation(tmp_path: Path) -> None:
    settings = load()
    await done(settings, lambda uow: uow.now)
    assert [one.state for one in await found("secret key")] == [State.FINE]
    (tmp_path / "var" / "secret.key").write_text("ab" * 32)
    assert "does not fit" in (await wrong("secret key")).told
    (tmp_path / "var" / "secret.key").unlink()
    assert "no secret key" in (await wrong("secret key")).told
    (tmp_path / "var" / "secret.key").write_text("nonsense")
    assert (await found("secret key"))[0].told == "var/secret.key cannot be used: it does not hold a key."


async def test_a_key_that_others_can_read(tmp_path: Path) -> None:
    await done(load(), lambda uow: uow.now)
    key = tmp_path / "var" / "secret.key"
    key.chmod(0o644)
    assert (await wrong("secret key")).mend == "Run: chmod 600 var/secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o644


async def test_an_unreadable_key_does_not_stop_the_other_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    exists = Path.exists

    def hidden(path: Path) -> bool:
        if path.name == "secret.key":
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", hidden)
    told = await wrong("secret key")
    assert told.told == "var/secret.key cannot be used: Permission denied."
    assert "chown" in told.mend
    assert (await found("settings")) != []


@contextmanager
def _as_another_user() -> Iterator[None]:
    """Have no more rights than the files give; root can do everything, whatever they say."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of ours, in a place that everybody can reach: that of a test is for its user only."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with _as_another_user():
            reached = os.access(folder, os.X_OK, effective_ids=True)
        if not reached:
            pytest.skip("other users do not reach the folder for temporary files")
        monkeypatch.chdir(folder)
        yield Path(folder)


@pytest.mark.parametrize(
    ("closed", "area"),
    [("secret.key", "secret key"), ("homeroom.db", "database"), (".", "database")],
)
async def test_files_of_another_user_are_named(ours: Path, closed: str, area: str) -> None:
    """A key or a database that root has put back: SQLite says no more than that it cannot open it."""
    await done(load(), lambda uow: uow.now)
    await found("database")  # loads what only root can read here
    path = ours / "var" / closed
    for one in (ours / "var", *(ours / "var").iterdir()):
        one.chmod(0o777 if one.is_dir() else 0o666)
    path.chmod(0o555 if path.is_dir() else 0o000)
    with _as_another_user():
        told = [one for one in await look(load(), SystemClock()) if one.state is State.WRONG]
    path.chmod(0o700)
    (about,) = [one for one in told if "Permission denied" in one.told]
    assert (about.area, path.resolve().name in about.told, "chown" in about.mend) == (area, True, True)
    assert {one.told for one in told} - {about.told} <= {"var/secret.key can be read by other users."}


async def test_a_backup_of_a_file_that_is_not_ours(ours: Path) -> None:
    await done(load(), lambda uow: uow.now)
    (ours / "var").chmod(0o777)
    (ours / "var" / "homeroom.db").chmod(0o000)
    with _as_another_user(), pytest.raises(PermissionError, match=r"homeroom\.db"):
        await backups.backup(load().database_url, ours / "var" / "night.backup")


async def test_going_back_in_a_file_that_is_not_ours(ours: Path) -> None:
    await done(load(), lambda uow: uow.now)
    (ours / "var").chmod(0o777)
    (ours / "var" / "homeroom.db").chmod(0o644)
    with _as_another_user(), pytest.raises(PermissionError, match=r"homeroom\.db"):
        await downgrade(load().database_url, "base")


async def test_a_file_that_is_held_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "PATIENCE", 0)
    await done(load(), lambda uow: uow.now)
    other = sqlite3.connect(tmp_path / "var" / "homeroom.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "database is locked" in (await wrong("database")).told
    other.execute("ROLLBACK")
    other.close()
    assert {one.state for one in await found("database")} == {State.FINE}


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "homeroom.db").write_text("These are no tables at all, but words. " * 100)
    bad = await wrong("database")
    assert ("not a database" in bad.told, "HOMEROOM_DATABASE_URL" in bad.mend) == (True, True)
    assert "homeroom restore --force FILE" in bad.mend


_MYSQL = "mysql://ada:canary@host/name"  # pragma: allowlist secret


@pytest.mark.parametrize("url", [_MYSQL, "nonsense", "sqlite://"])
async def test_addresses_that_are_none(url: str) -> None:
    assert "canary" not in f"{await wrong('database', database_url=url)}"


async def test_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10 * 1024 * 1024))
    assert (await wrong("database")).told == "Only 10 MB are free on the disk."


async def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    """Before the first start there are no files yet, so the folder itself must be writable."""
    (tmp_path / "words").write_text("no folder")
    url, key = f"sqlite:///{tmp_path / 'words' / 'homeroom.db'}", tmp_path / "words" / "secret.key"
    told = await wrong("database", database_url=url)
    assert told.told == f"The database cannot be written to: {tmp_path / 'words'}: Not a directory."
    told = await wrong("secret key", secret_key_file=key)
    assert told.told == f"{key} does not exist, and cannot be created: {tmp_path / 'words'}: Not a directory."
    assert "folder" in told.mend


async def test_a_server_that_nobody_knows() -> None:
    told = await wrong("database", database_url="postgresql://ada@nowhere.invalid/homeroom")
    assert "server's name cannot be resolved" in told.told


async def test_tables_of_other_versions(tmp_path: Path) -> None:
    await done(load(), lambda uow: uow.now)
    with sqlite3.connect(tmp_path / "var" / "homeroom.db") as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    assert "later version" in (await wrong("migrations")).told
    for name in ("homeroom.db", "secret.key"):
        (tmp_path / "var" / name).unlink()
    assert (await wrong("migrations", upgrade_at_start=False)).mend.endswith("homeroom db upgrade")
    (told,) = await found("migrations")
    assert told.state is State.NOTE


async def test_trying_to_write_leaves_nothing(tmp_path: Path) -> None:
    file = f"sqlite:///{tmp_path / 'homeroom.db'}"
    await upgrade(file, "head")
    await downgrade(file, "base")
    assert {one.state for one in await found("database", database_url=file)} == {State.FINE}
    assert await read_only(file, lambda c: inspect(c).get_table_names()) == ["alembic_version"]


async def test_a_restore_that_was_broken_off(postgres: PostgresServer) -> None:
    async with postgres.database() as url:
        await in_transaction(url, lambda made: made.execute(text("CREATE SCHEMA homeroom_before")))
        broken = await wrong("migrations", database_url=url)
        assert broken.told.startswith("A restore was interrupted")
        assert "homeroom restore FILE" in broken.mend


async def test_postgresql_whose_tables_belong_to_somebody_else(postgres: PostgresServer) -> None:
    async with postgres.database() as url:
        await in_transaction(url, lambda connection: connection.execute(text("CREATE ROLE guest LOGIN")))
        guest = make_url(url).set(username="guest").render_as_string(hide_password=False)
        told = await wrong("database", database_url=guest)
        await in_transaction(url, lambda connection: connection.execute(text("DROP ROLE guest")))
    assert "permission denied" in told.told
    assert "OWNER TO" in told.mend


async def test_postgresql_that_lets_nobody_in(postgres: PostgresServer, unused_tcp_port: int) -> None:
    async with postgres.database() as url:
        settings: dict[str, Any] = {"database_url": url}
        assert {one.state for one in await found("database", **settings)} == {State.FINE}
        (told,) = await found("clock", **settings)
        assert (told.state, "the database's" in told.told) == (State.FINE, True)
        off = await wrong("clock", FakeClock(SystemClock().now() - timedelta(minutes=10)), **settings)
        assert "600" in off.told
        name = make_url(url).database
        await in_transaction(
            url, lambda c: c.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        )
        assert "read-only" in (await wrong("database", **settings)).told
        gone = make_url(url).set(database="nowhere", password="canary").render_as_string(False)
        bad = await wrong("database", database_url=gone)
        assert ("nowhere" in bad.told, "canary" in f"{bad}") == (True, False)
    nobody = f"postgresql://ada:canary@127.0.0.1:{unused_tcp_port}/homeroom"  # pragma: allowlist secret
    bad = await wrong("database", database_url=nobody)
    assert ("onnect" in bad.told, "canary" in f"{bad}") == (True, False)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass
    writer.close()


async def test_a_silent_server_does_not_hold_up_the_checks() -> None:
    async with await asyncio.start_server(_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        silent = f"http://127.0.0.1:{port}"
        given: dict[str, Any] = {
            "database_url": f"postgresql://ada@127.0.0.1:{port}/homeroom",
            "base_url": URL,
            "mail": {"host": "127.0.0.1", "port": port, "sender": "door@example.org", "security": "none"},
            "discord": {"token": "a.b.c", "api_base": f"{silent}/api"},
            "slack": {"bot_token": "xoxb-1", "api_base": f"{silent}/api/"},
            "sign_in": {"google": {"client_id": "1", "client_secret": "2", "metadata_url": f"{silent}/"}},
        }
        async with asyncio.timeout(60):
            for area in ("database", "discord", "slack", "mail", "sign-in"):
                told = [one.told for one in await found(area, within=0.2, **given)]
                assert told == ["No answer within 0 seconds."], area


async def test_mail_by_a_token(certificate: Path) -> None:
    async with mail_server(certificate=certificate, sign_in=True) as server, token_server() as issuer:
        mail: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": server.port,
            "sender": "door@example.org",
            "username": "door@example.org",
            "token_url": issuer.url,
            "client_id": APP,
            "client_secret": SECRET,
            "scope": SCOPE,
            "ca_file": str(certificate),
        }
        server.tokens = {"door@example.org": issuer.token}
        (told,) = await found("mail", base_url=URL, mail=mail)
        assert "accepts our connection over STARTTLS, as door@example.org" in told.told
        bad = await wrong("mail", base_url=URL, mail={**mail, "client_secret": "canary"})
        assert "AADSTS7000215" in bad.told
        assert "HOMEROOM_MAIL__CLIENT_SECRET" in bad.mend
        assert "canary" not in bad.told
        server.tokens = {}
        assert "docs/delivery.md" in (await wrong("mail", base_url=URL, mail=mail)).mend


async def test_mail(certificate: Path) -> None:
    async with mail_server(certificate=certificate, sign_in=True) as server:
        mail: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": server.port,
            "sender": "door@example.org",
            "username": USERNAME,
            "password": PASSWORD,
            "ca_file": certificate,
        }
        (told,) = await found("mail", base_url=URL, mail=mail)
        assert (told.state, "STARTTLS" in told.told) == (State.FINE, True)
        bad = await wrong("mail", base_url=URL, mail={**mail, "password": "canary"})
        assert ("535" in bad.told, "App passwords" in bad.mend) == (True, True)
        assert "canary" not in f"{bad}"
        bad = await wrong("mail", base_url=URL, mail={**mail, "ca_file": None})
        assert ("its certificate is not trusted" in bad.told, "CA_FILE" in bad.mend) == (True, True)
        assert server.taken == []
    async with mail_server() as plain:
        bad = await wrong(
            "mail", base_url=URL, mail={"host": "127.0.0.1", "port": plain.port, "sender": "door@example.org"}
        )
        assert "HOMEROOM_MAIL__SECURITY" in bad.mend
    nobody = {"host": "127.0.0.1", "port": plain.port, "sender": "door@example.org"}
    assert "firewall" in (await wrong("mail", base_url=URL, mail=nobody)).mend


async def test_sweeps_and_messages() -> None:
    settings = load()
    await done(settings, lambda uow: uow.jobs.save(jobs.after(None, "digests", START, 0.1, "OSError")))
    assert "digests has failed (1 in a row): OSError" in (await wrong("sweeps", FakeClock())).told
    later = FakeClock(START + timedelta(hours=1))
    assert any("is not running" in one.told for one in await found("sweeps", later))

    def late(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        for number in range(2):
            fresh = build.fresh_id()
            to = Destination.in_channel(build.MAPLE, f"{number}")
            notice = Notice(fresh, fresh, "request:1", Audience.APPROVER, to, START, school_id=maple.id)
            uow.outbox.add(notice)
        uow.outbox.give_up(fresh, uow.now, error="channel_not_found")

    await done(settings, late)
    assert "the oldest for 60 minutes" in (await wrong("messages", later)).told
    told = [one.mend for one in await found("messages", later) if one.state is State.NOTE]
    assert told == ["`homeroom outbox list` lists them."]
