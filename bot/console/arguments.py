"""The arguments of the `homeroom` command line."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no public name

_LAST_PORT = 65_535


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and their arguments."""
    made = argparse.ArgumentParser(
        prog="homeroom", description="The front door of a school in Discord and Slack."
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    commands = made.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="run Homeroom: every platform that is set up, and the web pages")
    check = commands.add_parser(
        "check", help="check everything that Homeroom depends on, and say how to fix it"
    )
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    commands.add_parser("manifest", help="print the Slack app manifest for these settings")
    commands.add_parser("install-link", help="print a link to install the app in a Slack workspace")
    _add_database(commands)
    _add_rosters(commands)
    _add_sync(commands)
    audit = _several(commands, "audit", "check the audit log")
    verify = audit.add_parser(
        "verify", help="check that no entry was changed, in an exported file or in the database"
    )
    verify.add_argument(
        "file", type=Path, nargs="?", help="a file from /audit export (default: the database)"
    )
    commands.add_parser(
        "status", help="show the state of the fronts, the sweeps and the delivery of messages"
    )
    what = _several(commands, "outbox", "see and resend messages that could not be delivered")
    what.add_parser("list", help="list undelivered messages, newest first")
    for name, about in (("show", "show one message"), ("retry", "send one message again, or all")):
        one = what.add_parser(name, help=about)
        one.add_argument("id", help="the message's id, or all" if name == "retry" else "the message's id")
    demo = commands.add_parser(
        "demo", help="try Homeroom in your browser, with a sample school; no token needed"
    )
    demo.add_argument("--port", type=_port, default=8000, help="the port to listen on (default: 8000)")
    return made


def _add_database(commands: "_Commands") -> None:
    backup = commands.add_parser("backup", help="copy the database to a file; works while Homeroom runs")
    backup.add_argument("file", type=Path, help="the file to create")
    restore = commands.add_parser("restore", help="restore a backup; stop Homeroom first")
    restore.add_argument("file", type=Path, help="a file that `homeroom backup` wrote")
    restore.add_argument("--force", action="store_true", help="replace what is in the database now")
    key = _several(commands, "key", "replace the secret key")
    key.add_parser("status", help="list the keys, how much each has sealed, and what to do next")
    key.add_parser("new", help="add a new key at the top of secret_key_file")
    key.add_parser("drop", help="remove the keys that are no longer needed from secret_key_file")
    db = _several(commands, "db", "show or change the schema of the database")
    db.add_parser("current", help="show the revision of the tables, and the one that this version needs")
    up = db.add_parser("upgrade", help="upgrade the tables to this version")
    up.add_argument(
        "to", nargs="?", default="head", help="the revision to upgrade to (default: this version's)"
    )
    down = db.add_parser("downgrade", help="downgrade the tables, before you start an earlier version")
    down.add_argument("to", help="the revision to go back to; base removes all tables")
    down.add_argument(
        "--force", action="store_true", help="accept that data which only the newer tables hold is lost"
    )


def _add_rosters(commands: "_Commands") -> None:
    taken = commands.add_parser("import", help="import people into a school from a file; shows a plan first")
    taken.add_argument("file", type=Path, help="a CSV or Excel file; /roster sample gives you a template")
    taken.add_argument(
        "--missing",
        choices=("keep", "remove"),
        default="keep",
        help="what to do with members who are not in the file (default: keep)",
    )
    taken.add_argument("--move", action="store_true", help="remove people from their other schools")
    taken.add_argument("--invite", action="store_true", help="invite new people by e-mail")
    taken.add_argument("--yes", action="store_true", help="apply the plan without asking")
    taken.add_argument(
        "--leaving", type=int, help="with --yes: confirms how many people leave, if they are very many"
    )
    taken.add_argument("--details", type=Path, help="write the whole plan, or all errors, to this file")
    given = commands.add_parser("export", help="export a school's active members to a file")
    given.add_argument("file", type=Path, help="the file to create: .xlsx or .csv")
    given.add_argument("--role", default="", help="only members with this role")
    given.add_argument("--search", default="", help="only members whose name or e-mail address contains this")
    for one in (taken, given):
        one.add_argument("--school", required=True, help="the school's name or id")
        one.add_argument("--district", action="store_true", help="include all schools of its district")
        one.add_argument(
            "--as",
            dest="act_as",
            default="",
            metavar="WHO",
            help="act as this e-mail address or account (discord:1234); default: a System Administrator",
        )


def _add_sync(commands: "_Commands") -> None:
    taken = commands.add_parser("sync", help="sync a district from its OneRoster folder; shows a plan first")
    taken.add_argument("district", help="the district's name or id")
    taken.add_argument("--yes", action="store_true", help="apply the plan")
    taken.add_argument(
        "--leaving", type=int, help="with --yes: confirms how many people lose access, if they are very many"
    )


def _port(typed: str) -> int:
    if typed.isdecimal() and 0 < int(typed) <= _LAST_PORT:
        return int(typed)
    raise argparse.ArgumentTypeError(f"must be a number from 1 to {_LAST_PORT}")


def _several(commands: "_Commands", name: str, about: str) -> "_Commands":
    return commands.add_parser(name, help=about).add_subparsers(dest="what", metavar="what", required=True)
