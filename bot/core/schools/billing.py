"""A school's billing details: its Primary Admin edits them, and the admins above the school may see them."""

from collections.abc import Mapping

from bot.core import audit
from bot.core.errors import NothingToChange, NotPrimaryAdmin
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School
from bot.core.values import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """The recipient on a bill; if both `name` and `email` are empty, it goes to the Primary Admin."""

    name: str = ""
    email: str = ""
    address: str = ""
    reference: str = ""


def may_edit(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Return whether the actor is the school's Primary Admin now."""
    current = uow.schools.by_id(school.id)
    return current is not None and actor.person_id is not None and actor.person_id == current.primary_admin_id


def details(uow: UnitOfWork, actor: Actor, school: School) -> BillingDetails:
    """Return the billing details, for the Primary Admin and for admins of the district and the system.

    Raises `NotPrimaryAdmin` for everybody else.
    """
    if not (may_edit(uow, actor, school) or access.rights_of(uow, actor, school).oversees):
        raise NotPrimaryAdmin(school)
    return with_defaults(uow, school)


def with_defaults(uow: UnitOfWork, school: School) -> BillingDetails:
    """Return the billing details; if they name nobody, with the Primary Admin's own name and address."""
    kept = uow.settings.billing(school.id)
    current = uow.schools.by_id(school.id)
    primary_id = current.primary_admin_id if current else None
    primary = uow.people.by_id(primary_id) if primary_id else None
    if kept.name or kept.email or primary is None:
        return kept
    return replace(kept, name=primary.name, email=uow.people.details(primary.id).email)


def edit(uow: UnitOfWork, actor: Actor, school: School, changes: Mapping[str, str]) -> BillingDetails:
    """Change the billing details; the audit log gets the names of the changed fields, not their values.

    Raises `NotPrimaryAdmin` if the actor is not the Primary Admin.
    """
    uow.schools.lock(school.id)
    if not may_edit(uow, actor, school):
        raise NotPrimaryAdmin(school)
    before = uow.settings.billing(school.id)
    after = replace(before, **changes)
    if after in {before, with_defaults(uow, school)}:
        raise NothingToChange("as you want it")
    uow.settings.save_billing(school.id, after)
    entered = [name for name, value in asdict(after).items() if asdict(before)[name] != value]
    audit.record(
        uow,
        actor,
        "school.billing_edited",
        school.subject,
        school_id=school.id,
        new={"entered": entered},
    )
    return with_defaults(uow, school)


def clear_recipient(uow: UnitOfWork, school: School) -> None:
    """Clear the name and e-mail address, so that bills go to the new Primary Admin and not the former one."""
    before = uow.settings.billing(school.id)
    after = replace(before, name="", email="")
    if after != before:
        uow.settings.save_billing(school.id, after)
