"""Whom a school's bills go to. The Primary Admin says; who oversees the school may see it."""

from collections.abc import Mapping

from bot.core import access, audit
from bot.core.actors import Actor
from bot.core.errors import NothingToChange, NotPrimaryAdmin
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What stands on a bill. Without a name and an e-mail address it goes to the Primary Admin."""

    name: str = ""
    email: str = ""
    address: str = ""
    reference: str = ""


def may_edit(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Tell whether the actor is the school's Primary Admin, as it stands now."""
    current = uow.schools.by_id(school.id)
    return current is not None and actor.person_id is not None and actor.person_id == current.primary_admin_id


def details(uow: UnitOfWork, actor: Actor, school: School) -> BillingDetails:
    """Return whom the bills go to, for the Primary Admin and for admins of the district and the system.

    Refuses everybody else with `NotPrimaryAdmin`.
    """
    if not (may_edit(uow, actor, school) or access.rights_of(uow, actor, school).oversees):
        raise NotPrimaryAdmin(school)
    return shown(uow, school)


def shown(uow: UnitOfWork, school: School) -> BillingDetails:
    """Fill in what is not said with the Primary Admin's own name and address."""
    kept = uow.settings.billing(school.id)
    current = uow.schools.by_id(school.id)
    primary_id = current.primary_admin_id if current else None
    primary = uow.people.by_id(primary_id) if primary_id else None
    if kept.name or kept.email or primary is None:
        return kept
    return replace(kept, name=primary.name, email=uow.people.details(primary.id).email)


def edit(uow: UnitOfWork, actor: Actor, school: School, changes: Mapping[str, str]) -> BillingDetails:
    """Change whom the bills go to; the audit log learns what was changed, and no word of it.

    Refuses with `NotPrimaryAdmin` whoever is not.
    """
    uow.schools.lock(school.id)
    if not may_edit(uow, actor, school):
        raise NotPrimaryAdmin(school)
    before = uow.settings.billing(school.id)
    after = replace(before, **changes)
    if after in {before, shown(uow, school)}:
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
    return shown(uow, school)


def hand_over(uow: UnitOfWork, school: School) -> None:
    """Let the bills go to the new Primary Admin: the former one's name and address are theirs."""
    before = uow.settings.billing(school.id)
    after = replace(before, name="", email="")
    if after != before:
        uow.settings.save_billing(school.id, after)
