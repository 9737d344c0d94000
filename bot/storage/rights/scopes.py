"""SQL conditions on the scope of role assignments."""

from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, or_

from bot.core.rights.roles import ScopeKind
from bot.storage.tables import assignments

# An id, or a column or parameter that holds one.
Id: TypeAlias = ColumnElement[str] | str
IN_SYSTEM = assignments.c.scope_kind == ScopeKind.SYSTEM.value


def in_district(of: Id) -> ColumnElement[bool]:
    """Return the condition for assignments in a district itself, not in one of its schools."""
    return and_(assignments.c.scope_kind == ScopeKind.DISTRICT.value, assignments.c.scope_id == of)


def in_school(of: Id) -> ColumnElement[bool]:
    """Return the condition for assignments in a school itself."""
    return and_(assignments.c.scope_kind == ScopeKind.SCHOOL.value, assignments.c.scope_id == of)


def reaching(school: Id, district: Id) -> ColumnElement[bool]:
    """Return the condition for assignments that apply at a school: its own, its district's, the system's."""
    return or_(IN_SYSTEM, in_district(district), in_school(school))
