"""The `homeroom` command line."""

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.arguments import parser

if TYPE_CHECKING:
    from bot.core.audit_lines import Verdict
    from bot.settings import Settings


# The log level of commands that do not log at WARNING: `run` uses the level of the settings (""), and `check`
# reports problems itself, so that it logs next to nothing.
_LEVELS = {"run": "", "check": "CRITICAL"}
_SERVE = {"run", "demo"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that was typed, and return the exit status of the process."""
    commands = parser()
    given = commands.parse_args(arguments)
    if given.version:
        from bot.core.version import version  # noqa: PLC0415 - only where it is wanted

        sys.stdout.write(f"homeroom {version()}\n")
        return 0
    if given.command is None:
        commands.print_help()
        return 0
    if given.command == "audit" and given.file is not None:
        return _verify_file(given.file)
    return _with_settings(given)


def _with_settings(given: argparse.Namespace) -> int:
    if given.command in _SERVE:
        # Everything that is loaded now stays loaded. Scanning it for garbage takes a seventh of the start.
        gc.disable()  # `running.keep_running` switches it on again
    # Settings and SDKs take long to import, and --help needs none of them.
    from bot.settings import BadSettings, load  # noqa: PLC0415

    try:
        settings = load()
    except BadSettings as bad:
        print(f"The settings cannot be used:\n{bad}", file=sys.stderr)  # noqa: T201
        return 2
    from bot import log  # noqa: PLC0415

    log.configure(_LEVELS.get(given.command, "WARNING") or settings.log_level, settings.log_format)
    try:
        if given.command in _WITHOUT_LOOP:
            return _WITHOUT_LOOP[given.command](settings)
        return asyncio.run(_work(given, settings))
    except KeyboardInterrupt:
        return 130
    except BadSettings as bad:
        print(f"The settings cannot be used:\n{bad}", file=sys.stderr)  # noqa: T201
        return 2
    except (OSError, ValueError) as problem:
        from bot.console.failures import failure_reason  # noqa: PLC0415 - only where it is wanted

        logging.getLogger(__name__).debug("Ended", exc_info=True)
        print(f"Homeroom cannot continue: {failure_reason(problem)}", file=sys.stderr)  # noqa: T201
        return 1


def _manifest(settings: "Settings") -> int:
    from bot.platforms.slack.installing.manifest import as_yaml, manifest  # noqa: PLC0415

    url = settings.base_url if settings.slack.public_http else None
    install_at = settings.base_url if settings.slack.client_id else None
    signs_in = settings.sign_in.slack.client_id
    # Sign-in may use another Slack app than the bot; the manifest of the bot then leaves sign-in out.
    sign_in_at = settings.base_url if signs_in and settings.slack.client_id in {"", signs_in} else None
    sys.stdout.write(as_yaml(manifest(f"/{settings.slack.command}", url, install_at, sign_in_at)))
    return 0


def _install_link(settings: "Settings") -> int:
    from bot.app import SystemClock  # noqa: PLC0415
    from bot.core.keys.ring import KeyRing  # noqa: PLC0415
    from bot.fronts import slack_app  # noqa: PLC0415
    from bot.platforms.slack.installing.oauth import link  # noqa: PLC0415
    from bot.storage.inspection import key_in_use  # noqa: PLC0415

    if not settings.slack.client_id:
        told = "slack.client_id is empty. Only an app that several workspaces install has an install link."
        print(told, file=sys.stderr)  # noqa: T201
        return 2
    if not settings.has_key:
        # A key made here would be taken for that of an installation whose database was lost.
        told = "Start Homeroom first (homeroom run): the link is signed with the secret key that this makes."
        print(told, file=sys.stderr)  # noqa: T201
        return 2
    keys = KeyRing(*settings.keys())
    with suppress(ValueError):  # before the first start no key is in use
        keys.use(asyncio.run(key_in_use(settings.database_url)))
    app = slack_app(settings, keys)
    sys.stdout.write(f"{link(app, SystemClock().now())}\n")
    return 0


_WITHOUT_LOOP = {"manifest": _manifest, "install-link": _install_link}


def _verify_file(path: Path) -> int:
    from bot.core.audit_lines import verify  # noqa: PLC0415 - only where it is wanted

    try:
        with path.open(encoding="utf-8") as lines:
            return _verified(verify(lines))
    except (OSError, UnicodeDecodeError) as problem:
        from bot.console.failures import failure_reason  # noqa: PLC0415 - only where it is wanted

        print(f"The file cannot be read: {failure_reason(problem)}", file=sys.stderr)  # noqa: T201
        return 2


async def _verify_database(settings: "Settings") -> "list[Verdict]":
    from bot.console.database import opened_database  # noqa: PLC0415
    from bot.core.audit_lines import verify_all_stored  # noqa: PLC0415

    async with opened_database(settings) as database:
        return await database.read(lambda uow: verify_all_stored(uow.audit))


def _verified(verdicts: "list[Verdict]") -> int:
    """Print the verdict on each audit chain; return 1 if any chain is broken, else 0."""
    for one in verdicts:
        if one.flaw is None:
            told = f"intact: entries {one.first} to {one.last}"
        else:
            entry = f" ({one.entry_id})" if one.entry_id else ""
            told = f"BREAKS at entry {one.last + 1}{entry}: {one.flaw.value}"
        print(f"{one.chain}  {told}")  # noqa: T201
    if not verdicts:
        print("The audit log has no entries.")  # noqa: T201
    return int(any(one.flaw for one in verdicts))


async def _work(given: argparse.Namespace, settings: "Settings") -> int:
    if given.command == "demo":
        from bot import demo  # noqa: PLC0415

        await demo.run(given.port)
        return 0
    if given.command == "run":
        from bot import fronts  # noqa: PLC0415

        await fronts.run(settings)
        return 0
    if given.command == "audit":
        return _verified(await _verify_database(settings))
    asked = {"import": _rosters, "export": _rosters, "sync": _sync, "key": _keys}
    return await asked.get(given.command, _operator_command)(given, settings)


async def _operator_command(given: argparse.Namespace, settings: "Settings") -> int:
    """Run one of the operators' commands in `bot.console`, and return its exit status."""
    from rich.console import Console  # noqa: PLC0415

    from bot.console import backups, check, outbox, revisions, status  # noqa: PLC0415

    console = Console()
    match given.command:
        case "check":
            return await check.check(settings, console, as_json=given.json)
        case "outbox":
            return await outbox.outbox(settings, given.what, getattr(given, "id", ""), console)
        case "backup":
            return await backups.backup(settings, given.file, console)
        case "restore":
            return await backups.restore(settings, given.file, console, force=given.force)
        case "db":
            to, force = getattr(given, "to", ""), getattr(given, "force", False)
            return await revisions.revisions(settings, given.what, to, console, force=force)
        case _:
            return await status.status(settings, console)


async def _keys(given: argparse.Namespace, settings: "Settings") -> int:
    from rich.console import Console  # noqa: PLC0415

    from bot.console import keys  # noqa: PLC0415

    return await keys.keys(settings, given.what, Console())


async def _sync(given: argparse.Namespace, settings: "Settings") -> int:
    from rich.console import Console  # noqa: PLC0415

    from bot.console import oneroster  # noqa: PLC0415

    return await oneroster.sync(settings, given.district, Console(), yes=given.yes, leaving=given.leaving)


async def _rosters(given: argparse.Namespace, settings: "Settings") -> int:
    """Run `import` or `export` with the arguments as option values of the chat command."""
    from rich.console import Console  # noqa: PLC0415

    from bot.console import rosters  # noqa: PLC0415

    console = Console()
    values = {"school": given.school, "whole_district": "yes" if given.district else "no"}
    if given.command == "export":
        values |= {"search": given.search, "role": given.role, "format": given.file.suffix.lstrip(".")}
        told = {name: value for name, value in values.items() if value}
        return await rosters.export_roster(
            settings, rosters.RosterArguments(given.file, told, given.act_as), console
        )
    yes = {"move": given.move, "invite": given.invite}
    values |= {"missing": given.missing, **{name: "yes" if value else "no" for name, value in yes.items()}}
    wanted = rosters.RosterArguments(
        given.file, values, given.act_as, yes=given.yes, leaving=given.leaving, details=given.details
    )
    return await rosters.import_roster(settings, wanted, console)


if __name__ == "__main__":
    sys.exit(main())
