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
    made.add_argument("--version", action="store_true", help="tell which version this is")
    commands = made.add_subparsers(dest="command", metavar="command")
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
        "--port", type=_port, default=8000, help="where it listens on this machine (default 8000)"
    )
    return made


def _add_database(commands: "_Commands") -> None:
    backup = commands.add_parser("backup", help="copy the database into a file, also while Homeroom runs")
    backup.add_argument("file", type=Path, help="a file that is not there yet")
    restore = commands.add_parser("restore", help="put a backup back, while Homeroom does not run")
    restore.add_argument("file", type=Path, help="what `homeroom backup` wrote")
    restore.add_argument("--force", action="store_true", help="in the place of what is in the database now")
    key = _several(commands, "key", "replace the secret key")
    key.add_parser("status", help="tell which keys there are, what they have sealed, and what to do next")
    key.add_parser("new", help="make a new one, and put it before the others in secret_key_file")
    key.add_parser("drop", help="take those out of secret_key_file that nothing needs any more")
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


def _port(typed: str) -> int:
    if typed.isdecimal() and 0 < int(typed) <= _LAST_PORT:
        return int(typed)
    raise argparse.ArgumentTypeError(f"must be a number from 1 to {_LAST_PORT}")


def _several(commands: "_Commands", name: str, about: str) -> "_Commands":
    return commands.add_parser(name, help=about).add_subparsers(dest="what", metavar="what", required=True)
