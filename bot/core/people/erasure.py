"""Erasing a person: their personal data is deleted; their ids stay, so that the audit chain stays whole."""

from collections.abc import Sequence

from bot.core import audit
from bot.core.claims import Purpose
from bot.core.email_addresses import email_key
from bot.core.errors import ActorUnknown, NotFound, NotYoursToErase, PrimaryAdminProtected
from bot.core.invitations import invitations
from bot.core.invitations.invitations import Invitation
from bot.core.messages import forgetting
from bot.core.notices import destinations
from bot.core.notices.notices import redraw_copies
from bot.core.people import accounts, former_members, lifecycle, merging, people
from bot.core.people.holdings import RecordKind
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState, redraw_claimed
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools import billing
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace
from bot.core.workspaces import bans


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure deleted, or would delete."""

    person: Person
    accounts: int
    schools: tuple[School, ...]
    counts: tuple[tuple[RecordKind, int], ...]


def own(uow: UnitOfWork, actor: Actor, *, confirmed: bool) -> Erasure:
    """Erase the actor; refuse while they are barred or banned anywhere, or are a Primary Admin.

    Like the others here, it only returns what would be erased unless `confirmed` is set.
    """
    known = actor.known_person.id
    merging.lock_persons(uow, known)
    person = uow.accounts.current(known)
    if person is None or person.id != known:
        raise ActorUnknown
    accounts.refuse_barred_anywhere(uow, person.id)
    accounts.refuse_banned(uow, person.id)
    return _erase(uow, actor, person, None, confirmed=confirmed)


def member(uow: UnitOfWork, actor: Actor, school: School, person_id: str, *, confirmed: bool) -> Erasure:
    """Erase a member. This ends all their memberships, so the actor must be allowed to end each of them."""
    lifecycle.lock_for_change(uow, actor, school, person_id, Permission.MEMBER_REMOVE)
    merging.lock_persons(uow, person_id)
    for membership in uow.members.of_person(person_id):
        former_members.refuse_other(uow, actor, membership.school_id, person_id)
    _refuse_to_lift(uow, actor, person_id)
    people.refuse_above(uow, actor, school, person_id)
    person = uow.accounts.current(person_id)
    if person is None or person.id != person_id:
        raise NotFound("member")
    return _erase(uow, actor, person, school, confirmed=confirmed)


def former(uow: UnitOfWork, actor: Actor, school: School, person_id: str, *, confirmed: bool) -> Erasure:
    """Erase a former member. Each school that has records of them must let the actor remove its people."""
    person = former_members.lock_former(uow, actor, school, person_id, Permission.MEMBER_REMOVE)
    _refuse_to_lift(uow, actor, person_id)
    return _erase(uow, actor, person, school, confirmed=confirmed)


def _refuse_to_lift(uow: UnitOfWork, actor: Actor, person_id: str) -> None:
    """Refuse an actor who has no say where the person is banned, or was switched off by the district.

    Once erased, the person could come in there as a stranger.
    """
    for school_id in sorted(accounts.schools_banning_others(uow, person_id)):
        former_members.refuse_other(uow, actor, school_id, person_id)
    for district_id in accounts.switched_off_in(uow, uow.accounts.known_as(person_id)):
        if Permission.MEMBER_REMOVE not in access.rights_over(uow, actor, district_id).holds:
            raise NotYoursToErase


def by_system(uow: UnitOfWork, actor: Actor, person_id: str, *, confirmed: bool) -> Erasure:
    """Erase a person who is in no school and has no role, as a System Administrator."""
    return _erase(
        uow, actor, former_members.lock_for_system(uow, actor, person_id), None, confirmed=confirmed
    )


def _erase(
    uow: UnitOfWork, actor: Actor, person: Person, school: School | None, *, confirmed: bool
) -> Erasure:
    found = (uow.schools.by_id(one.school_id) for one in uow.members.of_person(person.id))
    schools = tuple(one for one in found if one is not None)
    for one in schools:
        if one.primary_admin_id == person.id:
            raise PrimaryAdminProtected(one)
    counts = ((kind, uow.holdings.count(kind, person.id)) for kind in RecordKind)
    keys = [key for _, key in uow.people.accounts([person.id])]
    erasure = Erasure(person, len(keys), schools, tuple((kind, number) for kind, number in counts if number))
    if not confirmed:
        return erasure
    addressed = _addressed_to(uow, person)
    _bill_others(uow, person, schools)
    ended = _end(uow, actor, person, addressed)
    _forget(uow, person, keys, addressed)
    audit.record(
        uow,
        actor,
        "person.erased",
        f"person:{person.id}",
        school_id=school.id if school else None,
        new={"memberships": len(schools), "accounts": len(keys), "invitations_revoked": ended},
    )
    return erasure


def _end(uow: UnitOfWork, actor: Actor, person: Person, addressed: Sequence[Invitation]) -> int:
    """End the person's pending requests, invitations, memberships and roles.

    Return how many invitations of their own making were revoked.
    """
    for request in uow.holdings.pending_requests(person.id):
        uow.join_requests.decide(
            replace(request, state=RequestState.WITHDRAWN, decided_by=person.id, decided_at=uow.now)
        )
    uow.followings.nudge_those_of(person.id)
    invited = {str(row["school_id"]) for row in uow.holdings.records(RecordKind.INVITATIONS, person.id)}
    ended = sum(invitations.end_all_by(uow, one, person.id, by=actor.person_id) for one in sorted(invited))
    for invitation in addressed:
        uow.addressed.clear(invitation.id, uow.now)  # its addressee is gone
    for one in uow.members.of_person(person.id):
        redraw_copies(uow, bans.subject_of(one))
    uow.holdings.end_memberships(person.id)
    return ended


def _bill_others(uow: UnitOfWork, person: Person, schools: Sequence[School]) -> None:
    """Send the bills of each school that were sent to the person's address to its Primary Admin instead."""
    address = email_key(uow.people.details(person.id).email)
    for school in schools:
        if address and email_key(uow.settings.billing(school.id).email) == address:
            billing.clear_recipient(uow, school)


def _addressed_to(uow: UnitOfWork, person: Person) -> list[Invitation]:
    """Return the invitations that are addressed to a person."""
    rows = uow.holdings.records(RecordKind.ADDRESSED, person.id)
    found = [uow.invitations.by_id(str(row["id"])) for row in rows]
    return [one for one in found if one is not None]


def _forget(
    uow: UnitOfWork, person: Person, keys: Sequence[AccountKey], addressed: Sequence[Invitation]
) -> None:
    asked = [uow.join_requests.by_id(one) for one in uow.holdings.request_ids(person.id)]
    requests = [one for one in asked if one is not None]
    invited = {one.to.account for one in addressed if one.to and one.to.account}
    # They may have asked or been invited with an account that they have unlinked since.
    reached = {*invited, *(one.account for one in requests)}
    former = {one for one in reached if uow.people.by_account(one) in {None, person}}
    uow.claims.drop(Purpose.LINK_ACCOUNT, person.id)
    uow.bulk.drop_plans_for(uow.accounts.known_as(person.id))  # plans store the text that was searched for
    forgetting.drop_searches_for(uow, person)  # and so do messages that wait
    uow.accounts.erase(person.id, uow.now)
    uow.passwords.forget(person.id)
    uow.roster_steps.forget(person.id)
    ids = uow.accounts.known_as(person.id)
    uow.scim_users.forget(ids)
    uow.oneroster_known.forget(ids)
    # Removes their name from other people's cards.
    redraw_claimed(uow, person.id)
    for subject in sorted({*uow.card_copies.naming(person.id), *(one.subject for one in requests)}):
        redraw_copies(uow, subject)
    uow.followings.forget(keys)
    uow.holdings.erase_texts(person.id, {*keys, *former, destinations.mailbox_key(person.id)})
