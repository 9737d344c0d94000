"""What people who may see a school's members are shown of the school itself."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools import settings as school_settings
from bot.core.schools.schools import ApprovalsChannel, School, Workspace
from bot.core.schools.settings import SchoolSettings
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class SchoolView:
    """A school with its settings, as shown to its members.

    `due` is when its next digest is due; `linked` is filled in only for its admins.
    """

    school: School
    settings: SchoolSettings
    district: str
    primary: str
    channels: Sequence[ApprovalsChannel]
    linked: Sequence[Workspace]
    due: datetime | None
    may_edit: bool
    may_restore: bool


def view(uow: UnitOfWork, actor: Actor, school: School) -> SchoolView:
    """Gather what is shown of a school."""
    may = access.rights_of(uow, actor, school).holds
    settings = uow.settings.of(school.id)
    district = uow.districts.by_id(school.district_id) if school.district_id else None
    primary = uow.people.by_id(school.primary_admin_id) if school.primary_admin_id else None
    edits = Permission.SCHOOL_EDIT in may
    return SchoolView(
        school,
        settings,
        district.name if district else "",
        primary.name if primary else "",
        uow.workspaces.approvals_channels(school.id),
        uow.workspaces.of_school(school.id) if edits else (),
        None if school.archived else school_settings.next_digest(school, settings, uow.now),
        may_edit=edits,
        may_restore=school.archived and Permission.SCHOOL_CREATE in may,
    )
