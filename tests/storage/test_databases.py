"""What both databases promise beyond the contract of the repositories."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode

import pytest
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from bot.core.audit import AuditEntry
from bot.core.claims import Purpose, issue
from bot.core.invitations.invitations import Invitation
from bot.core.notices.notices import Audience, CardCopy, Destination, Notice
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.storage.addresses import Unusable, asyncpg_url
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.tables import audit_entries, metadata, outbox
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from tests.patience import PATIENCE
from tests.storage import build
from tests.world import KEY, FakeClock, World, sqlite_url

Database: TypeAlias = SqliteDatabase | PostgresDatabase


def connection_of(uow: UnitOfWork) -> Connection:
    assert isinstance(uow, SqlUnitOfWork)
    return uow.members.connection


async def test_a_unit_that_reads_cannot_write(world: World) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        await world.database.read(build.school)
    assert await world.database.run(lambda uow: build.school(uow).name) == "Maple Grove"


async def test_on_postgresql_reading_takes_no_transaction_around_the_statements(world: World) -> None:
    """So that a look-up is one way to the server, and not three."""

    def begun(uow: UnitOfWork) -> int:
        moments = select(func.transaction_timestamp())
        return len({connection_of(uow).scalar(moments) for _ in range(2)})

    if isinstance(world.database, PostgresDatabase):
        assert await world.database.read(begun) == 2
        assert await world.database.run(begun) == 1


async def test_references_are_kept(world: World) -> None:
    def unit(uow: UnitOfWork) -> None:
        nobody = build.fresh_id()
        uow.members.add(Membership(build.fresh_id(), nobody, nobody, Standing.ACTIVE, uow.now))

    with pytest.raises(IntegrityError):
        await world.database.run(unit)


async def test_more_uses_than_allowed_cannot_be_stored(world: World) -> None:
    """The last line of defence, in case a statement lacks the condition."""

    def unit(uow: UnitOfWork) -> None:
        made = build.invitation(uow, build.school(uow), build.person(uow), uses_allowed=1, uses_taken=1)
        connection_of(uow).execute(
            text("UPDATE invitations SET uses_taken = uses_taken + 1 WHERE id = :id"), {"id": made.id}
        )

    with pytest.raises(IntegrityError):
        await world.database.run(unit)


async def test_a_time_without_a_zone_is_refused(world: World) -> None:
    def unit(uow: UnitOfWork) -> Invitation:
        naive = datetime(2027, 1, 31, 17, 0)  # noqa: DTZ001 - that is the point
        return build.invitation(uow, build.school(uow), build.person(uow), expires_at=naive)

    with pytest.raises((StatementError, ValueError), match="zone"):
        await world.database.run(unit)


async def test_an_error_of_the_database_does_not_show_what_people_wrote(world: World) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = build.invitation(uow, maple, ada, note="canary-note")
        uow.invitations.add(made)

    with pytest.raises(IntegrityError) as caught:
        await world.database.run(unit)
    assert "canary-note" not in str(caught.value)


async def test_an_audit_entry_is_stored_whole(world: World) -> None:
    def unit(uow: UnitOfWork) -> dict[str, object]:
        ada, maple = build.person(uow), build.school(uow)
        old, new = {"text": "“ä” 学", "none": None}, {"yes": True, "list": ["a", 1]}
        uow.audit.add(
            AuditEntry(build.fresh_id(), uow.now, maple.id, ada.id, "web", "a.b", maple.subject, old, new)
        )
        row = connection_of(uow).execute(select(audit_entries)).one()
        assert (row.at, row.school_id, row.actor_id, row.front) == (uow.now, maple.id, ada.id, "web")
        return {"old": row.old, "new": row.new}

    kept = await world.database.run(unit)
    assert kept == {"old": {"text": "“ä” 学", "none": None}, "new": {"yes": True, "list": ["a", 1]}}


def _secrets(uow: UnitOfWork) -> list[str]:
    maple, ada = build.school(uow), build.person(uow)
    made = Invitation(build.fresh_id(), maple.id, "canary-token-abcdefghi", "CANARYCDE2345", ada.id, uow.now)
    uow.invitations.add(made)
    code = issue(uow, Purpose.SYSTEM_ADMINISTRATOR, subject="")
    assert uow.invitations.by_code(made.code) == made
    return [made.code, made.token, code]


async def test_a_leaked_copy_of_an_sqlite_file_has_no_secret_in_it(tmp_path: Path) -> None:
    database = await open_database(sqlite_url(tmp_path), FakeClock(), Vault(KEY))
    secrets = await database.run(_secrets)

    def scan() -> None:
        files = list(tmp_path.iterdir())
        assert any(b"Maple Grove" in file.read_bytes() for file in files), "the scan must see what is there"
        for secret in secrets:
            assert not any(secret.encode() in file.read_bytes() for file in files)

    await asyncio.to_thread(scan)
    await database.close()
    await asyncio.to_thread(scan)


async def test_a_leaked_dump_of_postgresql_has_no_secret_in_it(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(), Vault(KEY))
    secrets = await database.run(_secrets)

    def dump(uow: UnitOfWork) -> str:
        connection = connection_of(uow)
        rows = [connection.execute(text(f"SELECT t::text FROM {table} t")).all() for table in metadata.tables]
        return repr(rows)

    dumped = await database.read(dump)
    await database.close()
    assert "Maple Grove" in dumped
    for secret in secrets:
        assert secret not in dumped
        assert secret.encode().hex() not in dumped


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/homeroom", "homeroom.db", ""]
)
async def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(Exception, match=r"(?i)sqlite:///|could not parse"):
        await open_database(url, FakeClock(), Vault(KEY))


def test_the_options_of_a_postgresql_url_reach_the_driver() -> None:
    """People paste the URL that their provider shows, written for another driver."""
    for scheme in ("postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"):
        url = asyncpg_url(f"{scheme}://ada:s%40fe@db.example.org:5433/homeroom?sslmode=require")
        assert url.drivername == "postgresql+asyncpg"
        assert (url.username, url.password, url.host, url.port) == ("ada", "s@fe", "db.example.org", 5433)
        assert dict(url.query) == {"ssl": "require"}


def test_the_certificates_that_a_postgresql_url_names_reach_the_driver(tmp_path: Path) -> None:
    ours = tmp_path / "ca.crt"
    url = f"postgresql://db.example.org/homeroom?sslmode=verify-full&sslrootcert={ours}"
    with pytest.raises(Unusable, match=r"ca\.crt as sslrootcert, but that file cannot be read"):
        asyncpg_url(url)
    ours.touch()
    query = asyncpg_url(url).query
    assert query["ssl"] == "verify-full"
    # asyncpg has no argument for them: it reads them from an address only.
    assert query["dsn"] == f"postgresql://?{urlencode({'sslrootcert': ours})}"


async def test_the_parameters_of_a_postgresql_url_reach_the_server(postgres_url: str) -> None:
    sign = "&" if "?" in postgres_url else "?"
    both = f"{sign}application_name=front%20door&options=-c%20deadlock_timeout%3D2s"
    async with _postgres(f"{postgres_url}{both}") as database:
        asked = text("SELECT current_setting('application_name'), current_setting('deadlock_timeout')")
        assert await database.read(lambda uow: tuple(connection_of(uow).execute(asked).one())) == (
            "front door",
            "2s",
        )


@pytest.mark.parametrize("added", ["channel_binding=require", "pgbouncer=true&connect_timeout=10"])
async def test_a_parameter_of_a_postgresql_url_that_nobody_knows_is_named(added: str) -> None:
    """Providers write their addresses for many programs; the driver would end in a TypeError."""
    place = "postgresql://ada:s3cret@127.0.0.1:9/homeroom"  # pragma: allowlist secret
    with pytest.raises(Unusable, match=r"(channel_binding|connect_timeout, pgbouncer) in it: remove") as told:
        await open_database(f"{place}?sslmode=require&{added}", FakeClock(), Vault(KEY))
    assert "s3cret" not in str(told.value)


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[PostgresDatabase]:
    database = await open_database(url, FakeClock(), Vault(KEY))
    assert isinstance(database, PostgresDatabase)
    yield database
    await database.close()


async def test_postgresql_compiles_no_query(postgres_url: str) -> None:
    """JIT took ten times as long as the query when a name was searched among a million."""
    async with _postgres(postgres_url) as database:
        for runs in (database.run, database.read, database.run_apart):
            asked = await runs(lambda uow: connection_of(uow).scalar(text("SHOW jit")))
            assert asked == "off"


async def test_postgresql_runs_a_unit_again_after_a_deadlock(postgres_url: str) -> None:
    async with _postgres(postgres_url) as database:
        one, two = await database.run(lambda uow: (build.school(uow, "One"), build.school(uow, "Two")))
        runs: list[str] = []
        holding: set[str] = set()

        def renames(first: str, second: str) -> Callable[[UnitOfWork], str]:
            def unit(uow: UnitOfWork) -> str:
                runs.append(first)
                connection = connection_of(uow)
                connection.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
                rename = text("UPDATE schools SET zone = zone || 'x' WHERE id = :id")
                connection.execute(rename, {"id": first})
                holding.add(first)
                while len(holding) < 2:  # until each holds what the other wants
                    connection.execute(text("SELECT pg_sleep(0.01)"))
                connection.execute(rename, {"id": second})
                return first

            return unit

        pair = (database.run(renames(one.id, two.id)), database.run(renames(two.id, one.id)))
        async with asyncio.timeout(PATIENCE):
            assert list(await asyncio.gather(*pair)) == [one.id, two.id]
        assert len(runs) > 2, "without a deadlock nothing was shown"
        kept = await database.read(lambda uow: [uow.schools.by_id(one.id), uow.schools.by_id(two.id)])
        assert [school.zone for school in kept if school] == ["UTCxx", "UTCxx"]


async def test_a_card_that_is_sent_while_its_request_is_decided_is_redrawn(postgres_url: str) -> None:
    """The search for copies and the adding of one must not miss each other."""
    to = Destination.direct(AccountKey("discord", "1"))
    copy = CardCopy(build.fresh_id(), "school:1", Audience.APPROVER, to, "c", "m", "old")
    decided = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with _postgres(postgres_url) as database:
        school = await database.run(build.school)

        def decides(uow: UnitOfWork) -> int:
            connection = connection_of(uow)
            connection.execute(text("UPDATE schools SET zone = 'decided' WHERE id = :id"), {"id": school.id})
            found = len(uow.card_copies.of("school:1"))
            loop.call_soon(decided.set)
            connection.execute(text("SELECT pg_sleep(0.3)"))
            return found

        def sends(uow: UnitOfWork) -> str:
            uow.card_copies.add(copy, uow.now)
            seen = uow.schools.by_id(school.id)
            assert seen is not None
            return seen.zone

        deciding = asyncio.create_task(database.run(decides))
        await decided.wait()
        seen = await database.run(sends)
        assert (await deciding, seen) != (0, "UTC"), "each missed the other: the card would stay as it was"


async def test_two_replicas_share_the_outbox(database_url: str, world: World) -> None:
    to = Destination.direct(AccountKey("web", "ada"))

    def fill(uow: UnitOfWork) -> None:
        for number in range(60):
            uow.outbox.add(
                Notice(build.fresh_id(), f"key {number}", "join_request:1", Audience.OUTCOME, to, uow.now)
            )

    await world.database.run(fill)
    other = await open_database(database_url, world.clock, Vault(KEY))

    def unit(uow: UnitOfWork) -> list[str]:
        until = uow.now.replace(year=2030)
        taken = uow.outbox.take(str(to), uow.now, worker="any", until=until, limit=7)
        for notice in taken:
            uow.outbox.mark_delivered(notice.id, uow.now)
        return [notice.id for notice in taken]

    async def claims(database: Database) -> list[str]:
        mine: list[str] = []
        while await database.read(lambda uow: uow.outbox.count_waiting()):
            mine += await database.run(unit)
        return mine

    taken = await asyncio.gather(*(claims(one) for one in (world.database, other, world.database, other)))
    await other.close()
    flat = [one for some in taken for one in some]
    assert len(flat) == len(set(flat)) == 60


async def test_foreign_keys_are_on_for_sqlite_writers(tmp_path: Path) -> None:
    database = await open_database(sqlite_url(tmp_path), FakeClock(), Vault(KEY))

    def settings(uow: UnitOfWork) -> dict[str, object]:
        names = ("foreign_keys", "journal_mode", "synchronous")
        return {name: connection_of(uow).execute(text(f"PRAGMA {name}")).scalar_one() for name in names}

    assert await database.run(settings) == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2}
    await database.close()


async def test_no_table_is_forgotten(world: World) -> None:
    names = await world.database.read(lambda uow: set(inspect(connection_of(uow)).get_table_names()))
    assert set(metadata.tables) <= names
    assert outbox.name in names
