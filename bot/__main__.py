"""The `homeroom` command line."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the process's exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help()
        return 0
    # Settings and SDKs take long to load, and --help needs none of them.
    from bot.settings import BadSettings, load  # noqa: PLC0415

    try:
        settings = load()
    except BadSettings as bad:
        print(f"The settings cannot be used:\n{bad}", file=sys.stderr)  # noqa: T201
        return 2
    if given.command == "manifest":
        return _manifest(settings)
    from bot import log  # noqa: PLC0415

    log.configure(settings.log_level if given.command == "run" else "WARNING")
    try:
        asyncio.run(_work(given, settings))
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as problem:
        logging.getLogger(__name__).debug("Ended", exc_info=True)
        print(f"Homeroom cannot go on: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _manifest(settings: "Settings") -> int:
    from bot.platforms.slack.manifest import as_yaml, manifest  # noqa: PLC0415

    url = settings.base_url if settings.slack.public_http else None
    sys.stdout.write(as_yaml(manifest(f"/{settings.slack.command}", url)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="homeroom", description="The front door of a school in Discord and Slack."
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="serve every front that has a token")
    commands.add_parser("manifest", help="print the Slack app's manifest, for these settings")
    demo = commands.add_parser("demo", help="try it out: the playground in your browser, no token needed")
    demo.add_argument(
        "--port", type=int, default=8000, help="where it listens on this machine (default 8000)"
    )
    return parser


async def _work(given: argparse.Namespace, settings: "Settings") -> None:
    if given.command == "demo":
        from bot import demo  # noqa: PLC0415

        await demo.run(given.port)
    else:
        from bot import app  # noqa: PLC0415

        await app.run(settings)


if __name__ == "__main__":
    sys.exit(main())
