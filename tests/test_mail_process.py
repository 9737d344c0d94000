"""Mail as the application sets it up: settings, database, delivery and a real server."""

from pathlib import Path

import pytest

from bot.app import Application, open_application
from bot.core.invitations import sending
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import InvitationState
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.fronts import add_mail
from bot.settings import Settings, load
from tests.servers.mail.server import PASSWORD, USERNAME, mail_server, self_made_certificate
from tests.storage import build
from tests.world import deliver_due


def settings(folder: Path, **mail: object) -> Settings:
    return load(
        database_url=f"sqlite:///{folder / 'homeroom.db'}",
        secret_key_file=folder / "secret.key",
        base_url="https://door.example.org",
        mail={"sender": "Homeroom <door@example.org>", **mail},
    )


async def _invite(application: Application) -> str:
    def unit(uow: UnitOfWork) -> str:
        maple, ada = build.school(uow), build.person(uow)
        members.activate(uow, maple.id, ada.id, SCHOOL_ADMIN.name, by=None)
        to = Addressee(build.person(uow, "Nia").id, "Nia", "nia@example.org", way=Way.EMAIL)
        made = build.invitation(uow, maple, ada, uses_allowed=1, to=to)
        uow.addressed.grant(made.id, [Grant(maple.id, "Staff")])
        return sending.queue(uow, made).id

    return await application.database.run(unit)


async def _state(application: Application, invitation_id: str) -> InvitationState:
    def unit(uow: UnitOfWork) -> InvitationState:
        found = uow.invitations.by_id(invitation_id)
        assert found is not None
        return found.state(uow.now)

    return await application.database.read(unit)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


async def test_an_invitation_goes_out_by_the_server_of_the_settings(tmp_path: Path) -> None:
    certificate = self_made_certificate(tmp_path)
    async with mail_server(certificate=certificate, sign_in=True) as server:
        own = settings(
            tmp_path,
            host="127.0.0.1",
            port=server.port,
            username=USERNAME,
            password=PASSWORD,
            ca_file=certificate,
            reply_to="office@example.org",
        )
        async with open_application(own) as application:
            add_mail(application)
            made = await _invite(application)
            await deliver_due(application.delivery)
            assert await _state(application, made) is InvitationState.SENT
        (mail,) = server.taken
        body = mail.get_body(("plain",))
        assert body is not None
        assert "https://door.example.org/i/" in body.get_content()
        assert mail["Reply-To"] == "office@example.org"


async def test_without_a_server_the_invitation_is_not_sent_at_once(tmp_path: Path) -> None:
    async with open_application(settings(tmp_path)) as application:
        add_mail(application)
        assert Platform.EMAIL in application.notifiers
        made = await _invite(application)
        await deliver_due(application.delivery)
        assert await _state(application, made) is InvitationState.NOT_DELIVERED
