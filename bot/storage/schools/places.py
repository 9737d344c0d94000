"""SQL for a workspace by its key, and for the schools of a filter or report."""

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, Select, select

from bot.core.people.people_filter import PeopleFilter
from bot.core.rights.actors import WorkspaceKey
from bot.core.schools.report_ports import Place
from bot.storage.tables import schools, workspaces


def workspace_id(key: WorkspaceKey) -> ScalarSelect[str]:
    """Return the subquery for a workspace's id in the database."""
    this = (workspaces.c.platform == key.platform.value, workspaces.c.external_id == key.external_id)
    return select(workspaces.c.id).where(*this).scalar_subquery()


def schools_below(district: str | BindParameter[str]) -> Select[*tuple[str]]:
    """Return the query for the ids of a district's schools that are not archived."""
    return select(schools.c.id).where(schools.c.district_id == district, schools.c.archived_at.is_(None))


def in_place(place: PeopleFilter | Place, school_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the SQL condition that a column holds a filter's or report's school, or one of its district."""
    if place.district_id is None:
        return school_id == place.school_id
    return school_id.in_(schools_below(place.district_id))
