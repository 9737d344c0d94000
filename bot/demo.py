"""The demo: the playground with a sample school, on a temporary database."""

import socket
import sys
import tempfile
from pathlib import Path

from bot import app, fronts, running
from bot.core.invitations.invitations import InvitationFilter
from bot.core.people.passwords import SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller, Platform
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.cast import ADMIN, APPROVER, TOUR, room
from bot.platforms.web.playground.people import APPROVALS, GENERAL
from bot.settings import load

SCHOOL = "Maple Grove School"


async def run(port: int) -> None:
    """Serve the playground on a loopback port until SIGTERM or SIGINT."""
    stop = running.stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="homeroom-demo-") as folder:
        settings = load(
            database_url=f"sqlite:///{Path(folder) / 'demo.db'}",
            secret_key_file=Path(folder) / "secret.key",
            base_url=f"http://localhost:{port}",
            web={"host": "127.0.0.1", "port": port},
            mail={"sender": "Homeroom <homeroom@example.org>"},
        )
        _refuse_taken(port)
        async with app.open_application(settings, SignInWays(mails=True, in_chat=True)) as application:
            opened = room(mail=True, tour=TOUR)
            application.notifiers[Platform.WEB] = opened
            application.runner.native_syncs[Platform.WEB] = opened.badges
            fronts.add_mail(application, opened.take_mail)
            await furnish(application)
            fronts.add_web(application, [], Playground(opened), _announce)
            await running.keep_running(application, stop)


def _refuse_taken(port: int) -> None:
    """Raise `OSError` if another program has the port, before the slow start begins."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as taken:
        raise OSError(f"port {port} is not available. Try another one: PORT={port + 1} make demo") from taken


def _announce(_: str, port: int) -> None:
    address = f"http://localhost:{port}/playground"
    sys.stdout.write(f"\n  Homeroom's playground:  {address}\n\n  Press Ctrl+C to stop it.\n\n")
    sys.stdout.flush()


async def furnish(application: app.Application) -> None:
    """Create the sample school by running the commands that people would type."""
    ada = ADMIN.caller(f"#{GENERAL}", "Playground", None)
    omar = APPROVER.caller(f"#{GENERAL}", "Playground", None)
    in_approvals = ADMIN.caller(f"#{APPROVALS}", "Playground", None)
    await _type(application, ada, f'/school create "{SCHOOL}" approval:automatic')
    await _type(application, ada, '/invite create role:"School Admin" uses:1 label:"Approvers"')
    await _type(application, omar, f"/join {await _code(application, ada)}")
    await _type(application, ada, '/school edit approval:"by request" support_contact:"the school office"')
    await _type(application, in_approvals, "/school approvals")


async def _type(application: app.Application, who: Caller, line: str) -> None:
    await application.runner.type(line, who)


async def _code(application: app.Application, who: Caller) -> str:
    def unit(uow: UnitOfWork) -> str:
        assert who.workspace is not None  # noqa: S101 - the sample people are in the playground's workspace
        (school,) = uow.schools.linked_to(who.workspace)
        (invitation,) = uow.invitations.listed(school.id, InvitationFilter(), limit=1)
        return invitation.code

    return await application.database.read(unit)
