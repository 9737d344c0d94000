"""The `homeroom` command line."""

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.audit_lines import Verdict
    from bot.settings import Settings

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name


# What is logged, where it is not what the settings say: a check tells in its own words.
_LEVELS = {"run": "", "check": "CRITICAL"}
_SERVE = {"run", "demo"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the process's exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.version:
        from bot.core.version import version  # noqa: PLC0415 - only where it is wanted

        sys.stdout.write(f"homeroom {version()}\n")
        return 0
    if given.command is None:
        parser.print_help()
        return 0
    if given.command == "audit" and given.file is not None:
        return _verify_file(given.file)
    return _with_settings(given)


def _with_settings(given: argparse.Namespace) -> int:
    if given.command in _SERVE:
        # What is loaded stays, and looking through it again and again is a seventh of a start.
        gc.disable()  # until `app.keep_running`
    # Settings and SDKs take long to load, and --help needs none of them.
    from bot.settings import BadSettings, load  # noqa: PLC0415

    try:
        settings = load()
    except BadSettings as bad:
        print(f"The settings cannot be used:\n{bad}", file=sys.stderr)  # noqa: T201
        return 2
    from bot import log  # noqa: PLC0415

    log.configure(_LEVELS.get(given.command, "WARNING") or settings.log_level, settings.log_format)
    try:
        if given.command in _PRINTED:
            return _PRINTED[given.command](settings)
        return asyncio.run(_work(given, settings))
    except KeyboardInterrupt:
        return 130
    except BadSettings as bad:
        print(f"The settings cannot be used:\n{bad}", file=sys.stderr)  # noqa: T201
        return 2
    except (OSError, ValueError) as problem:
        from bot.console.ended import told  # noqa: PLC0415 - only where it is wanted

        logging.getLogger(__name__).debug("Ended", exc_info=True)
        print(f"Homeroom cannot go on: {told(problem)}", file=sys.stderr)  # noqa: T201
        return 1


def _manifest(settings: "Settings") -> int:
    from bot.platforms.slack.manifest import as_yaml, manifest  # noqa: PLC0415

    url = settings.base_url if settings.slack.public_http else None
    install_at = settings.base_url if settings.slack.client_id else None
    signs_in = settings.sign_in.slack.client_id
    # People may sign in by another app than the bot's: then this one has no part in it.
    sign_in_at = settings.base_url if signs_in and settings.slack.client_id in {"", signs_in} else None
    sys.stdout.write(as_yaml(manifest(f"/{settings.slack.command}", url, install_at, sign_in_at)))
    return 0


def _install_link(settings: "Settings") -> int:
    from bot.app import SystemClock  # noqa: PLC0415
    from bot.fronts import slack_app  # noqa: PLC0415
    from bot.platforms.slack.oauth import link  # noqa: PLC0415

    app = slack_app(settings)
    if app is None:
        print("slack.client_id is empty: there is no app that many workspaces install.", file=sys.stderr)  # noqa: T201
        return 2
    sys.stdout.write(f"{link(app, SystemClock().now())}\n")
    return 0


_PRINTED = {"manifest": _manifest, "install-link": _install_link}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="homeroom", description="The front door of a school in Discord and Slack."
    )
    parser.add_argument("--version", action="store_true", help="tell which version this is")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="serve every front that has a token")
    check = commands.add_parser("check", help="look at everything Homeroom leans on, and say how to mend it")
    check.add_argument("--json", action="store_true", help="for programs")
    commands.add_parser("manifest", help="print the Slack app's manifest, for these settings")
    commands.add_parser("install-link", help="print a link by which a Slack workspace installs the app")
    _add_database(commands)
    _add_rosters(commands)
    _add_sync(commands)
    audit = _several(commands, "audit", "check the audit log")
    verify = audit.add_parser(
        "verify", help="tell whether anything was changed: in an exported file, or in the database"
    )
    verify.add_argument(
        "file", type=Path, nargs="?", help="a file from /audit export; the database, if empty"
    )
    commands.add_parser("status", help="tell how fronts, sweeps and the delivery of messages get on")
    what = _several(commands, "outbox", "see messages that did not arrive")
    what.add_parser("list", help="list them, newest first")
    for name, about in (("show", "show one"), ("retry", "send one again, or all")):
        one = what.add_parser(name, help=about)
        one.add_argument("id", help="its id, or all" if name == "retry" else "its id")
    demo = commands.add_parser("demo", help="try it out: the playground in your browser, no token needed")
    demo.add_argument(
        "--port", type=int, default=8000, help="where it listens on this machine (default 8000)"
    )
    return parser


def _add_database(commands: "_Commands") -> None:
    backup = commands.add_parser("backup", help="copy the database into a file, also while Homeroom runs")
    backup.add_argument("file", type=Path, help="a file that is not there yet")
    restore = commands.add_parser("restore", help="put a backup back, while Homeroom does not run")
    restore.add_argument("file", type=Path, help="what `homeroom backup` wrote")
    restore.add_argument("--force", action="store_true", help="in the place of what is in the database now")
    db = _several(commands, "db", "change the database's tables")
    db.add_parser("current", help="tell which revision they have, and which this version needs")
    up = db.add_parser("upgrade", help="bring them up to this version")
    up.add_argument("to", nargs="?", default="head", help="a revision (default: this version's)")
    down = db.add_parser("downgrade", help="take them back, before an earlier version is started")
    down.add_argument("to", help="a revision; base removes everything")
    down.add_argument("--force", action="store_true", help="also though what the later tables hold is lost")


def _add_rosters(commands: "_Commands") -> None:
    taken = commands.add_parser("import", help="bring people into a school from a file; shows a plan first")
    taken.add_argument("file", type=Path, help="CSV or Excel; /roster sample gives one to fill in")
    taken.add_argument(
        "--missing",
        choices=("keep", "remove"),
        default="keep",
        help="members who are not in the file (default keep)",
    )
    taken.add_argument("--move", action="store_true", help="take people out of their other schools")
    taken.add_argument("--invite", action="store_true", help="invite whoever is new by e-mail")
    taken.add_argument("--yes", action="store_true", help="apply the plan without asking")
    taken.add_argument("--leaving", type=int, help="with --yes: how many leave, where those are very many")
    taken.add_argument("--details", type=Path, help="write everyone, or all that is wrong, into this file")
    given = commands.add_parser("export", help="write a school's active members into a file")
    given.add_argument("file", type=Path, help="a file that is not there yet: .xlsx or .csv")
    given.add_argument("--role", default="", help="only those with this role")
    given.add_argument("--search", default="", help="only those whose name or e-mail has this")
    for one in (taken, given):
        one.add_argument("--school", required=True, help="its name or id")
        one.add_argument("--district", action="store_true", help="all schools of its district")
        one.add_argument(
            "--as",
            dest="act_as",
            default="",
            metavar="WHO",
            help="e-mail address or account (discord:1234); a System Administrator of the settings, if empty",
        )


def _add_sync(commands: "_Commands") -> None:
    taken = commands.add_parser("sync", help="look at a district's OneRoster folder; shows a plan first")
    taken.add_argument("district", help="its name or id")
    taken.add_argument("--yes", action="store_true", help="do what the folder says")
    taken.add_argument(
        "--leaving", type=int, help="with --yes: how many lose access, where those are very many"
    )


def _several(commands: "_Commands", name: str, about: str) -> "_Commands":
    return commands.add_parser(name, help=about).add_subparsers(dest="what", metavar="what", required=True)


def _verify_file(path: Path) -> int:
    from bot.core.audit_lines import verify  # noqa: PLC0415 - only where it is wanted

    try:
        with path.open(encoding="utf-8") as lines:
            return _verified(verify(lines))
    except (OSError, UnicodeDecodeError) as problem:
        print(f"The file cannot be read: {problem}", file=sys.stderr)  # noqa: T201
        return 2


async def _verify_database(settings: "Settings") -> "list[Verdict]":
    from bot.console.opened import opened  # noqa: PLC0415
    from bot.core.audit_lines import judged  # noqa: PLC0415

    async with opened(settings) as database:
        return await database.read(lambda uow: judged(uow.audit))


def _verified(verdicts: "list[Verdict]") -> int:
    """Print what was found; anything that does not fit makes the exit status 1."""
    for one in verdicts:
        if one.flaw is None:
            told = f"whole: entries {one.first} to {one.last}"
        else:
            entry = f" ({one.entry_id})" if one.entry_id else ""
            told = f"BREAKS at entry {one.last + 1}{entry}: {one.flaw.value}"
        print(f"{one.chain}  {told}")  # noqa: T201
    if not verdicts:
        print("There are no entries.")  # noqa: T201
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
    if given.command in {"import", "export"}:
        return await _rosters(given, settings)
    if given.command == "sync":
        return await _sync(given, settings)
    return await _asked(given, settings)


async def _asked(given: argparse.Namespace, settings: "Settings") -> int:
    """Do what operators ask of the console."""
    from rich.console import Console  # noqa: PLC0415

    from bot.console import backups, check, messages, status, tables  # noqa: PLC0415

    console = Console()
    match given.command:
        case "check":
            return await check.check(settings, console, as_json=given.json)
        case "outbox":
            return await messages.outbox(settings, given.what, getattr(given, "id", ""), console)
        case "backup":
            return await backups.backup(settings, given.file, console)
        case "restore":
            return await backups.restore(settings, given.file, console, force=given.force)
        case "db":
            to, force = getattr(given, "to", ""), getattr(given, "force", False)
            return await tables.tables(settings, given.what, to, console, force=force)
        case _:
            return await status.status(settings, console)


async def _sync(given: argparse.Namespace, settings: "Settings") -> int:
    from rich.console import Console  # noqa: PLC0415

    from bot.console import oneroster  # noqa: PLC0415

    return await oneroster.sync(settings, given.district, Console(), yes=given.yes, leaving=given.leaving)


async def _rosters(given: argparse.Namespace, settings: "Settings") -> int:
    """Say what is asked for as people would type it."""
    from rich.console import Console  # noqa: PLC0415

    from bot.console import rosters  # noqa: PLC0415

    console = Console()
    values = {"school": given.school, "whole_district": "yes" if given.district else "no"}
    if given.command == "export":
        values |= {"search": given.search, "role": given.role, "format": given.file.suffix.lstrip(".")}
        told = {name: value for name, value in values.items() if value}
        return await rosters.export_roster(settings, rosters.Wanted(given.file, told, given.act_as), console)
    yes = {"move": given.move, "invite": given.invite}
    values |= {"missing": given.missing, **{name: "yes" if value else "no" for name, value in yes.items()}}
    wanted = rosters.Wanted(
        given.file, values, given.act_as, yes=given.yes, leaving=given.leaving, details=given.details
    )
    return await rosters.import_roster(settings, wanted, console)


if __name__ == "__main__":
    sys.exit(main())
