"""Which workspace, and which schools, as statements say it."""

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, Select, select

from bot.core.actors import WorkspaceKey
from bot.core.people_filter import PeopleFilter
from bot.storage.tables import schools, workspaces


def workspace_id(key: WorkspaceKey) -> ScalarSelect[str]:
    """Select a workspace's own id."""
    this = (workspaces.c.platform == key.platform.value, workspaces.c.external_id == key.external_id)
    return select(workspaces.c.id).where(*this).scalar_subquery()


def schools_below(district: str | BindParameter[str]) -> Select[*tuple[str]]:
    """Select the ids of the schools at work in a district."""
    return select(schools.c.id).where(schools.c.district_id == district, schools.c.archived_at.is_(None))


def in_place(wanted: PeopleFilter, of: ColumnElement[str]) -> ColumnElement[bool]:
    """Say in SQL where those wanted are: in a school, or in the schools at work in a district."""
    return of == wanted.school_id if wanted.district_id is None else of.in_(schools_below(wanted.district_id))
