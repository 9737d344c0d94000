"""Slack workspaces and organisations that take us in and out. It binds no school to them."""

from bot.core import audit, unlinking
from bot.core.actors import Platform, WorkspaceKey
from bot.core.installation_ports import Installation
from bot.core.ports import UnitOfWork


def taken_in(uow: UnitOfWork, installation: Installation) -> None:
    """Store an installation; done again, it takes the place of the one before."""
    uow.installations.save(installation)
    _record(uow, "slack.installed", installation.place)


def taken_out(uow: UnitOfWork, installation: Installation) -> None:
    """Forget an installation whose token is dead, unless there is a newer one."""
    if uow.installations.remove(installation.place, installation.version):
        _record(uow, "slack.uninstalled", installation.place)


def given(uow: UnitOfWork, organization: str, team: str) -> None:
    """Note that an organisation's installation is for this workspace, too."""
    if uow.installations.belongs(team, organization):
        _record(uow, "slack.workspace_given", organization, team)


def taken_back(uow: UnitOfWork, organization: str, team: str) -> None:
    """Let a workspace rest from which an organisation has taken us out, unless it has taken us in itself."""
    if uow.installations.leaves(team, organization):
        _record(uow, "slack.workspace_taken", organization, team)
    if uow.installations.of(team) is None:
        unlinking.removed(uow, WorkspaceKey(Platform.SLACK, team))


def _record(uow: UnitOfWork, action: str, place: str, team: str = "") -> None:
    new = {"workspace": f"{Platform.SLACK}:{team}"} if team else {}
    subject = f"slack:{place}"
    audit.record_own(uow, action, subject, front=Platform.SLACK.value, school_id=None, new=new)
