"""Backs up and restores PostgreSQL with its own tools, pg_dump and pg_restore."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import URL, Connection, inspect, make_url, text

from bot.storage.addresses import PARAMETERS
from bot.storage.backups.shared import (
    BadBackup,
    Restored,
    new_file,
    require_kind,
    require_revision,
    upgraded_and_verified,
)
from bot.storage.inspection import has_content
from bot.storage.maintenance import in_transaction, other_connections
from bot.storage.migrate import ASIDE, is_broken_off
from bot.storage.migrations import searching
from bot.storage.vault import Vault

_PLAIN = ("--no-owner", "--no-privileges")
_MISMATCH = "server version mismatch"


async def backup(url: str, file: Path) -> int:
    """Dump the schema that Homeroom uses, in one transaction; return the file's size."""
    tool = _tool("pg_dump")
    schema = await in_transaction(url, _schema)
    with new_file(file) as partly:
        flags = (*_PLAIN, "--format=custom", f"--schema={schema}", f"--file={partly}")
        await _run(url, tool, *flags, f"--dbname={_address(url)}")
    return await asyncio.to_thread(lambda: file.stat().st_size)


async def restore(url: str, file: Path, vault: Vault | None, *, force: bool) -> Restored:
    """Replace the tables by a dump, keeping the old ones aside until the new ones are found intact."""
    require_kind(file, of_sqlite=False)
    tool = _tool("pg_restore")
    await _run(url, tool, "--file=/dev/null", str(file))  # checks that all of it can be read
    require_revision(file, await _revision(url, tool, file))
    schema = await in_transaction(url, _schema)

    async def fill() -> None:
        flags = (*_PLAIN, "--exit-on-error", "--single-transaction", f"--schema={schema}")
        with NamedTemporaryFile("w", encoding="utf-8") as chosen:
            chosen.write(await _chosen(url, tool, file))
            chosen.flush()
            listed = f"--use-list={chosen.name}"
            await _run(url, tool, *flags, listed, f"--dbname={_address(url)}", str(file))
        await in_transaction(url, searching.index_parts)

    return await replace_tables(url, fill, vault, force=force)


async def replace_tables(
    url: str, fill: Callable[[], Awaitable[None]], vault: Vault | None, *, force: bool
) -> Restored:
    """Put the tables aside, run `fill`, and examine the result; if anything fails, put the tables back."""
    await in_transaction(url, _require_nobody_else)
    await in_transaction(url, _put_back)  # where an earlier restore was broken off
    if not force and await in_transaction(url, has_content):
        raise BadBackup(
            "The database is not empty. Make a backup of it (homeroom backup FILE), and run the same command "
            "with --force to replace it."
        )
    await in_transaction(url, _put_aside)
    try:
        await fill()
        restored = await in_transaction(url, lambda connection: upgraded_and_verified(connection, vault))
    except BaseException:
        await in_transaction(url, _put_back)
        raise
    await in_transaction(url, lambda connection: connection.execute(text(f"DROP SCHEMA {ASIDE} CASCADE")))
    return restored


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BadBackup(
            f"{name} is not installed. Install PostgreSQL's client tools, of the server's version or later "
            "(Debian and Ubuntu: apt install postgresql-client), and check that they are on the PATH."
        )
    return found


async def _run(url: str, *command: str) -> str:
    """Run one of PostgreSQL's tools; it gets the password by its environment, not on its command line."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "LC_ALL": "C", **_password(url)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        told, wrong = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise BadBackup(_why(Path(command[0]).name, wrong.decode(errors="replace")))
    return told.decode(errors="replace")


def _why(tool: str, wrong: str) -> str:
    if _MISMATCH in wrong:
        return (
            f"{tool} is older than the server. Install PostgreSQL's client tools of the server's "
            "version, and put them first on the PATH."
        )
    # Only the first line, because the others may quote rows.
    return f"{tool} failed: {wrong.strip().partition(chr(10))[0].removeprefix(f'{tool}: error: ')}"


def _address(url: str) -> str:
    parsed = make_url(url)
    query = {name: value for name, value in parsed.query.items() if name in PARAMETERS}
    if "ssl" in parsed.query:  # asyncpg's name
        query["sslmode"] = parsed.query["ssl"]
    made = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, query)
    return made.render_as_string(hide_password=False)


def _password(url: str) -> Mapping[str, str]:
    password = make_url(url).password
    return {"PGPASSWORD": str(password)} if password else {}


async def _revision(url: str, tool: str, file: Path) -> str | None:
    """Return the revision of the tables in a dump; None if it has none."""
    wanted = ("--data-only", "--table=alembic_version", "--file=-")
    lines = iter((await _run(url, tool, *wanted, str(file))).splitlines())
    for line in lines:
        if line.startswith("COPY ") and "alembic_version" in line:
            return next(lines, None)
    return None


async def _chosen(url: str, tool: str, file: Path) -> str:
    """Return a dump's table of contents without the trigram index, whose extension not every server has."""
    listed = await _run(url, tool, "--list", str(file))
    return "".join(line for line in listed.splitlines(keepends=True) if searching.PARTS not in line)


def _schema(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def _require_nobody_else(connection: Connection) -> None:
    if using := other_connections(connection):
        raise BadBackup(
            f"The database is in use by {using} other connections. Stop all replicas and everything else "
            "that uses it."
        )


def _put_aside(connection: Connection) -> None:
    """Move all tables, with indexes and constraints, and the functions of triggers to another schema."""
    connection.execute(text(f"CREATE SCHEMA {ASIDE}"))
    _move(connection, _schema(connection), ASIDE)


def _put_back(connection: Connection) -> None:
    """Move the tables that were put aside back, and drop those that have taken their place."""
    if not is_broken_off(connection):
        return
    schema = _schema(connection)
    for name in inspect(connection).get_table_names(schema=schema):
        connection.execute(text(f'DROP TABLE "{schema}"."{name}" CASCADE'))
    for name in _functions(connection, schema):
        connection.execute(text(f'DROP FUNCTION "{schema}"."{name}"()'))
    _move(connection, ASIDE, schema)
    connection.execute(text(f"DROP SCHEMA {ASIDE}"))


def _move(connection: Connection, here: str, there: str) -> None:
    for name in inspect(connection).get_table_names(schema=here):
        connection.execute(text(f'ALTER TABLE "{here}"."{name}" SET SCHEMA "{there}"'))
    for name in _functions(connection, here):
        connection.execute(text(f'ALTER FUNCTION "{here}"."{name}"() SET SCHEMA "{there}"'))


def _functions(connection: Connection, schema: str) -> list[str]:
    """Return the names of the functions of triggers in a schema."""
    query = text(
        "SELECT proname FROM pg_proc WHERE pronamespace = CAST(:schema AS regnamespace) "
        "AND proname = ANY(:names)"
    )
    values = {"schema": f'"{schema}"', "names": list(searching.FUNCTIONS)}
    return list(connection.execute(query, values).scalars())
