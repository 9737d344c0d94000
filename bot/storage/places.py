"""SQL for a workspace by its key, and for the schools of a filter."""

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, Select, select

from bot.core.actors import WorkspaceKey
from bot.core.people_filter import PeopleFilter
from bot.storage.tables import schools, workspaces


def workspace_id(key: WorkspaceKey) -> ScalarSelect[str]:
    """Return the subquery for a workspace's id in the database."""
    this = (workspaces.c.platform == key.platform.value, workspaces.c.external_id == key.external_id)
    return select(workspaces.c.id).where(*this).scalar_subquery()


def schools_below(district: str | BindParameter[str]) -> Select[*tuple[str]]:
    """Return the query for the ids of a district's schools that are not archived."""
    return select(schools.c.id).where(schools.c.district_id == district, schools.c.archived_at.is_(None))


def in_place(wanted: PeopleFilter, of: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the SQL condition that `of` is a filter's school, or a school of its district."""
    return of == wanted.school_id if wanted.district_id is None else of.in_(schools_below(wanted.district_id))
