"""Users: people whom an identity provider creates, changes and deletes."""

from collections.abc import Callable

from bot.core import audit
from bot.core.email_addresses import read_email
from bot.core.errors import BadValue, EmailTaken, NotFound
from bot.core.ids import new_id
from bot.core.invitations import addressed
from bot.core.people import members, people
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.schools.schools import School
from bot.core.scim import addresses, group_roles, reach, switching
from bot.core.scim.errors import UserNameTaken
from bot.core.scim.model import Account, Page, User, Wanted
from bot.core.scim.queries import Query
from bot.core.values import replace

_ENTERED = ("first_name", "last_name", "email")
_TOLD = ("user_name", "external_id", "email_told", "email_type", "email_primary")


def found(uow: UnitOfWork, actor: Actor, query: Query, *, start: int, limit: int) -> Page:
    """Find users by a query."""
    total, users = uow.scim_users.search(reach.district_of(actor), query, start=start, limit=limit)
    return Page(total, users=tuple(users))


def shown(uow: UnitOfWork, actor: Actor, user_id: str) -> User:
    """Return a user; refuses with `NotFound` if there is none with this id."""
    user = uow.scim_users.by_id(reach.district_of(actor), user_id)
    if user is None:
        raise NotFound("user")
    return user


def create(uow: UnitOfWork, actor: Actor, wanted: Wanted) -> User:
    """Create a user: a new person, who joins the district's default school if there is one.

    Refuses with `UserNameTaken` or `EmailTaken`.
    """
    district_id = reach.district_of(actor)
    uow.districts.lock(district_id)
    address = _address(wanted)
    known = uow.people.by_email(address) if address else None
    if known is not None:
        return _restore(uow, actor, known, wanted)
    person = Person(new_id(uow.now), _name_of(wanted))
    uow.people.add_unlinked(person)
    people.save_details(uow, person.id, PersonDetails(wanted.first_name, wanted.last_name, email=address))
    account = Account(person.id, district_id, person.id, wanted.user_name, uow.now, uow.now)
    account = _with_told(replace(account, active=wanted.active is not False), wanted)
    _refuse_name(uow, account)
    if not uow.scim_users.add(account):
        raise UserNameTaken
    school = None if wanted.active is False else _join_default(uow, actor, person.id)
    audit.record(
        uow,
        actor,
        "person.created",
        account.subject,
        school_id=school.id if school else None,
        new={"roles": [school.default_role] if school else [], "entered": _entered_names(wanted, address)},
    )
    return shown(uow, actor, account.id)


def _restore(uow: UnitOfWork, actor: Actor, known: Person, wanted: Wanted) -> User:
    """Restore a user whom the identity provider had deleted; any other owner of the address is a conflict."""
    gone = uow.scim_users.of_person(reach.district_of(actor), known.id)
    if gone is None or gone.deleted_at is None:
        raise EmailTaken
    reach.refuse_above(uow, actor, known.id)
    back = replace(gone, user_name=wanted.user_name, deleted_at=None, changed_at=uow.now)
    _refuse_name(uow, back)
    if not uow.scim_users.save(back):
        raise UserNameTaken
    audit.record(uow, actor, "scim.user_restored", back.subject)
    return change(uow, actor, back.id, lambda _: replace(wanted, active=wanted.active is not False))


def change(uow: UnitOfWork, actor: Actor, user_id: str, changed: Callable[[User], Wanted]) -> User:
    """Change a user to what `changed` returns for their current state.

    The name and address of a person who is at another place as well stay: they are not this district's to
    set.
    """
    uow.districts.lock(reach.district_of(actor))
    user = shown(uow, actor, user_id)
    reach.refuse_above(uow, actor, user.account.person_id)
    wanted = changed(user)
    if (wanted.active is False) != (user.account.active is False):
        switching.lock(uow, user.account)
    account = _rewrite(uow, actor, user, wanted)
    _switch(uow, actor, account, wanted.active)
    return shown(uow, actor, user_id)


def _switch(uow: UnitOfWork, actor: Actor, account: Account, active: bool | None) -> None:
    if active == account.active:
        return
    if active is False:
        switching.deactivate(uow, actor, _save(uow, account))
    elif account.active is False:
        switching.reactivate(uow, actor, replace(account, active=active))
        _join_default(uow, actor, account.person_id)
    else:
        _save(uow, replace(account, active=active, changed_at=uow.now))


def _rewrite(uow: UnitOfWork, actor: Actor, user: User, wanted: Wanted) -> Account:
    """Store a user's details as far as this district may set them; audits all of it in one entry."""
    before = user.account
    after = _with_told(before, wanted)
    entered: list[str] = []
    if reach.may_set_details(uow, actor, before.person_id):
        address = _address_after(user, wanted)
        if address != user.email:
            addressed.lock_schools(uow, addresses.schools(uow, before.person_id))
        uow.people.lock(before.person_id)
        known = uow.people.details(before.person_id)
        details = replace(known, first_name=wanted.first_name, last_name=wanted.last_name, email=address)
        entered = [name for name in _ENTERED if getattr(details, name) != getattr(known, name)]
        if entered:
            people.save_details(uow, before.person_id, details)
        addresses.follow(uow, actor, before.person_id, known.email, address)
    else:
        after = replace(
            after,
            email_told=before.email_told,
            email_type=before.email_type,
            email_primary=before.email_primary,
        )
    told = [name for name in _TOLD if getattr(after, name) != getattr(before, name)]
    if told:
        _refuse_name(uow, after)
        after = _save(uow, replace(after, changed_at=uow.now))
    if entered or told:
        audit.record(uow, actor, "person.edited", before.subject, new={"entered": [*entered, *told]})
    return after


def delete(uow: UnitOfWork, actor: Actor, user_id: str) -> None:
    """Deactivate a user, remove them from all groups, and hide them from the identity provider."""
    uow.districts.lock(reach.district_of(actor))
    user = shown(uow, actor, user_id)
    reach.refuse_above(uow, actor, user.account.person_id)
    account = _save(uow, user.account)
    if account.active is not False:
        account = switching.deactivate(uow, actor, account)
    uow.scim_groups.leave_all(account.district_id, account.person_id)
    uow.scim_users.save(replace(account, deleted_at=uow.now, changed_at=uow.now))
    audit.record(uow, actor, "scim.user_deleted", account.subject)


def _save(uow: UnitOfWork, account: Account) -> Account:
    """Store an account, for the first time if the person was in the district without SCIM."""
    kept = replace(account, stored=True)
    if not (uow.scim_users.save(kept) if account.stored else uow.scim_users.add(kept)):
        raise UserNameTaken
    return kept


def _with_told(account: Account, wanted: Wanted) -> Account:
    address = wanted.email
    return replace(
        account,
        user_name=wanted.user_name,
        external_id=wanted.external_id,
        email_told=address is not None,
        email_type=address.type if address else None,
        email_primary=address.primary if address else None,
    )


def _refuse_name(uow: UnitOfWork, account: Account) -> None:
    """Refuse a user name that is the address of another person whom the district may see."""
    other = uow.people.by_email(account.user_name) if "@" in account.user_name else None
    if other is None or other.id == account.person_id:
        return
    known = uow.scim_users.of_person(account.district_id, other.id)
    if known is None and uow.scim_users.by_id(account.district_id, other.id) is not None:
        raise UserNameTaken


def _address(wanted: Wanted) -> str:
    """Return the address that was sent, or else the user name if it is one; "" if there is neither."""
    if wanted.email is not None:
        return read_email(wanted.email.value, "emails")
    try:
        return read_email(wanted.user_name) if "@" in wanted.user_name else ""
    except BadValue:
        return ""


def _address_after(user: User, wanted: Wanted) -> str:
    """Return a user's address after a change: the current one, unless another one was sent."""
    told = wanted.email == user.address
    if told and (wanted.email is not None or wanted.user_name == user.account.user_name):
        return user.email
    found = _address(wanted)
    return found if found or not told else user.email


def _name_of(wanted: Wanted) -> str:
    """Return a person's name: first and last name, else the user name up to the @."""
    return f"{wanted.first_name} {wanted.last_name}".strip() or wanted.user_name.partition("@")[0]


def _entered_names(wanted: Wanted, address: str) -> list[str]:
    known = {"first_name": wanted.first_name, "last_name": wanted.last_name, "email": address}
    return [name for name, value in known.items() if value]


def _join_default(uow: UnitOfWork, actor: Actor, person_id: str) -> School | None:
    """Add a person who is in no school of the district to its default school, if there is one."""
    school_id = uow.scim_tokens.default_school(reach.district_of(actor))
    if school_id is None or reach.memberships(uow, actor, person_id):
        return None
    uow.schools.lock(school_id)
    school = group_roles.at_work(uow, actor, school_id)
    if school is None:
        return None
    role = access.grantable_role(uow, actor, school, school.default_role)
    membership = members.activate(uow, school_id, person_id, role.name, by=None)
    if membership is None:
        return None
    uow.scim_users.mark(membership.id, made=True)
    return school
