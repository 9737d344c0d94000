"""Slack workspaces and organisations that install or uninstall the app. This links no school to them."""

from bot.core import audit
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.workspaces import unlinking
from bot.core.workspaces.installation_ports import Installation


def installed(uow: UnitOfWork, installation: Installation) -> None:
    """Store an installation, in place of an earlier one of the same workspace or organisation."""
    uow.installations.save(installation)
    _record(uow, "slack.installed", installation.place)


def uninstalled(uow: UnitOfWork, installation: Installation) -> None:
    """Delete an installation whose token is revoked, unless there is a newer one."""
    if uow.installations.remove(installation.place, installation.version):
        _record(uow, "slack.uninstalled", installation.place)


def workspace_added(uow: UnitOfWork, organization: str, team: str) -> None:
    """Record that an organisation's installation also serves a workspace."""
    if uow.installations.add_workspace(team, organization):
        _record(uow, "slack.workspace_given", organization, team)


def workspace_removed(uow: UnitOfWork, organization: str, team: str) -> None:
    """Record that an organisation's installation no longer serves a workspace.

    Unless the workspace has an installation of its own, its links to schools are suspended.
    """
    if uow.installations.remove_workspace(team, organization):
        _record(uow, "slack.workspace_taken", organization, team)
    if uow.installations.for_workspace(team) is None:
        unlinking.bot_removed(uow, WorkspaceKey(Platform.SLACK, team))


def _record(uow: UnitOfWork, action: str, place: str, team: str = "") -> None:
    new = {"workspace": f"{Platform.SLACK}:{team}"} if team else {}
    subject = f"slack:{place}"
    audit.record_without_actor(uow, action, subject, front=Platform.SLACK.value, school_id=None, new=new)
