"""`homeroom db`: shows, upgrades and downgrades the revision of the database's tables."""

from rich.console import Console

from bot.settings import Settings
from bot.storage import inspection, maintenance, migrate

_REFUSED = 2


async def revisions(settings: Settings, what: str, to: str, console: Console, *, force: bool) -> int:
    """Show or change the revision of the tables; return the exit status."""
    url = settings.database_url
    match what:
        case "current":
            has = await inspection.revision(url)
            schema = migrate.schema_at(has)
            console.print(f"The tables have revision {has or 'none'}; this version needs {migrate.head()}.")
            return int(schema is not migrate.Schema.CURRENT)
        case "upgrade":
            console.print(f"The tables now have revision {await maintenance.upgrade(url, to)}.")
        case _ if not force:
            console.print(
                "Data that only the newer tables hold would be lost for ever. Make a backup (homeroom backup "
                f"FILE), stop all replicas, and run: homeroom db downgrade {to} --force",
                soft_wrap=True,
            )
            return _REFUSED
        case _:
            has = await maintenance.downgrade(url, to)
            console.print(f"The tables now have revision {has or 'none'}.")
    return 0
