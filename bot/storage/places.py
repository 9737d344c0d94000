"""Which workspace, and which schools, as statements say it."""

from sqlalchemy import BindParameter, ScalarSelect, Select, select

from bot.core.actors import WorkspaceKey
from bot.storage.tables import schools, workspaces


def workspace_id(key: WorkspaceKey) -> ScalarSelect[str]:
    """Select a workspace's own id."""
    this = (workspaces.c.platform == key.platform.value, workspaces.c.external_id == key.external_id)
    return select(workspaces.c.id).where(*this).scalar_subquery()


def schools_below(district: str | BindParameter[str]) -> Select[*tuple[str]]:
    """Select the ids of the schools at work in a district."""
    return select(schools.c.id).where(schools.c.district_id == district, schools.c.archived_at.is_(None))
