"""Transferring a person's records to another: planned, shown, and applied if the facts are still the same."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Protocol

from bot.core import audit
from bot.core.errors import (
    AboveYou,
    NotAdmin,
    NothingToChange,
    OwnMembership,
    PrimaryAdminProtected,
    SamePerson,
)
from bot.core.invitations.addressees import Grant
from bot.core.messages import passing_on
from bot.core.notices import news
from bot.core.notices.news import Topic
from bot.core.people import lifecycle
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Member, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import redraw_claimed
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools import billing
from bot.core.schools.schools import School
from bot.core.values import dataclass

# The records of what a person did for the school. How they joined themselves is not transferred.
MOVED = (
    RecordKind.INVITATIONS,
    RecordKind.REVOCATIONS,
    RecordKind.DECISIONS,
    RecordKind.CLAIMED,
    RecordKind.GRANTS,
    RecordKind.MESSAGES,
    RecordKind.TEMPLATES,
)
_DIGEST = 10


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer from one person to another at a school, as other systems are told of it."""

    school_id: str
    source_id: str
    target_id: str
    at: datetime


class PlugIn(Protocol):
    """Another system's records of a school's people, such as observations.

    Both methods are called within a transaction, which waits for them. `apply` is called last: if it raises,
    Homeroom changes nothing. It may be called again for the same move, and must then find nothing left to do.
    """

    @property
    def name(self) -> str:
        """What people call the records, for example Observations."""
        ...

    def count(self, move: Move) -> int:
        """Count what a move would transfer; change nothing."""
        ...

    def apply(self, move: Move) -> int:
        """Transfer what `count` counted; return how many records there were."""
        ...


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What an admin asks for: a transfer of records, perhaps of Primary Admin, perhaps a removal."""

    source: Member
    target: Member
    primary: bool = False
    remove: bool = False


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What a transfer would do.

    `ending` counts the open invitations that would stop working, `narrowed` those that would give less,
    and `stopped` the scheduled messages that would not go out.
    """

    asked: TransferRequest
    counts: tuple[tuple[RecordKind, int], ...]
    others: tuple[tuple[str, int], ...]
    ending: int
    narrowed: int
    stopped: int

    @property
    def empty(self) -> bool:
        """Whether the transfer would change nothing."""
        return not (self.counts or self.others or self.asked.primary or self.asked.remove)

    @property
    def digest(self) -> str:
        """A short text that changes when the facts do."""
        asked = self.asked
        people = (asked.source.membership, asked.target.membership, asked.primary, asked.remove)
        facts = (people, self.counts, self.others, self.ending, self.narrowed, self.stopped)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:_DIGEST]


def transfer(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    asked: TransferRequest,
    plug_ins: Sequence[PlugIn] = (),
    *,
    agreed: str,
) -> tuple[TransferPlan, bool]:
    """Plan a transfer, and apply it if `agreed` is the plan's digest; tell whether it was applied."""
    uow.schools.lock(school.id)
    _refuse(uow, actor, school, asked)
    move = Move(school.id, asked.source.membership.person_id, asked.target.membership.person_id, uow.now)
    plan = _plan(uow, actor, school, asked, move, plug_ins)
    if plan.empty:
        raise NothingToChange("they have nothing to pass on")
    if plan.digest != agreed:
        return plan, False
    _apply(uow, actor, school, plan, move, plug_ins)
    return plan, True


def _refuse(uow: UnitOfWork, actor: Actor, school: School, asked: TransferRequest) -> None:
    """Refuse a transfer that is not allowed; the school is locked, so that what is read here stays true."""
    access.require(uow, actor, Permission.MEMBER_TRANSFER, school)
    source, target = asked.source.membership, asked.target.membership
    if source.person_id == target.person_id:
        raise SamePerson
    current = uow.members.of(school.id, target.person_id)
    if current is None or not current.active:
        raise NothingToChange((current and current.barred_as) or "not active")
    if not access.rights_of(uow, actor, school).include(access.granted(uow, source.person_id, school)):
        raise AboveYou
    if asked.remove:
        _refuse_removal(uow, actor, school, asked)
    if asked.primary:
        _refuse_primary(uow, actor, school, asked)


def _refuse_removal(uow: UnitOfWork, actor: Actor, school: School, asked: TransferRequest) -> None:
    access.require(uow, actor, Permission.MEMBER_REMOVE, school)
    person_id = asked.source.membership.person_id
    if person_id == actor.person_id:
        raise OwnMembership
    if lifecycle.is_primary(uow, school, person_id):
        raise PrimaryAdminProtected(school)
    current = uow.members.of(school.id, person_id)
    if current is None or current.standing is Standing.PENDING:
        raise NothingToChange(Standing.PENDING.value)


def _refuse_primary(uow: UnitOfWork, actor: Actor, school: School, asked: TransferRequest) -> None:
    access.require(uow, actor, Permission.PRIMARY_TRANSFER, school)
    if not lifecycle.is_primary(uow, school, asked.source.membership.person_id):
        raise NothingToChange("not theirs to pass on: they are not the Primary Admin")
    if asked.target.membership.person_id == actor.person_id:
        raise OwnMembership
    if SCHOOL_ADMIN.name not in uow.members.roles(school.id, asked.target.membership.person_id):
        raise NotAdmin


def _plan(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    asked: TransferRequest,
    move: Move,
    plug_ins: Sequence[PlugIn],
) -> TransferPlan:
    counts = [
        (kind, uow.holdings.count(kind, move.source_id, school.id, excluding=move.target_id))
        for kind in MOVED
    ]
    others = [(one.name, one.count(move)) for one in plug_ins]
    ending, narrowed = _lost_offers(uow, actor, school, move)
    return TransferPlan(
        asked,
        counts=tuple((kind, number) for kind, number in counts if number),
        others=tuple((name, number) for name, number in others if number),
        ending=ending,
        narrowed=narrowed,
        stopped=passing_on.count_stopped(uow, school, move.source_id, move.target_id),
    )


def _lost_offers(uow: UnitOfWork, actor: Actor, school: School, move: Move) -> tuple[int, int]:
    """Count the open invitations that could no longer give anything, and those that would give less."""
    offers = list(_offers(uow, school, move.source_id))
    # A batch may have thousands of invitations that all give the same, so check each grant once.
    given = {grant: _passes_on(uow, actor, move, grant) for grant in dict.fromkeys(chain(*offers))}
    kept = [[given[grant] for grant in grants] for grants in offers]
    alive = [grants for grants in kept if any(after for _, after in grants)]
    narrowed = sum(any(before and not after for before, after in grants) for grants in alive)
    return len(kept) - len(alive), narrowed


def _offers(uow: UnitOfWork, school: School, person_id: str) -> Iterator[Sequence[Grant]]:
    """Yield what each open invitation of a person gives; for an addressed one, everything that it gives."""
    unended = set(uow.addressed.unended_of(school.id, person_id))
    for row in uow.holdings.records(RecordKind.INVITATIONS, person_id, school.id):
        if not _open(row["revoked_at"], row["expires_at"], row["uses_allowed"], row["uses_taken"], uow.now):
            continue
        grants = uow.addressed.grants(str(row["id"]))
        if not grants:
            yield [Grant(school.id, str(row["role"] or school.default_role))]
        elif row["id"] in unended:
            yield grants


def _passes_on(uow: UnitOfWork, actor: Actor, move: Move, grant: Grant) -> tuple[bool, bool]:
    """Tell whether the old owner may still give what they offered, and whether the new one may.

    If the old owner may not, the actor must be able to: else the transfer would revive a grant by the back
    door.
    """
    if (found := access.role_at(uow, grant.school_id, grant.role)) is None:
        return False, False
    school, role = found
    before = access.inviter_may_still(uow, move.source_id, school, role)
    if not before:
        access.grantable_role(uow, actor, school, role.name)
    return before, access.inviter_may_still(uow, move.target_id, school, role)


def _open(revoked: object, expires: object, allowed: object, taken: object, now: datetime) -> bool:
    if revoked is not None or (isinstance(expires, datetime) and expires <= now):
        return False
    return not (isinstance(allowed, int) and isinstance(taken, int) and taken >= allowed)


def _apply(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    plan: TransferPlan,
    move: Move,
    plug_ins: Sequence[PlugIn],
) -> None:
    redraw_claimed(uow, move.source_id, school.id)
    scheduled = passing_on.scheduled_by(uow, move.source_id, school.id)
    for kind, _ in plan.counts:
        uow.holdings.move(kind, move.source_id, move.target_id, school.id)
    if move.target_id != actor.person_id:
        passing_on.show_new_sender(uow, move.target_id, scheduled)
    if plan.asked.primary:
        if not uow.schools.set_primary(school.id, move.target_id, expected=move.source_id):
            raise PrimaryAdminProtected(school)
        billing.clear_recipient(uow, school)
    if plan.asked.remove:
        uow.members.remove(plan.asked.source.membership)
        lifecycle.uninvite(uow, school.id, move.source_id)
    entry = audit.record(
        uow,
        actor,
        "member.records_transferred",
        f"person:{move.source_id}",
        school_id=school.id,
        new={
            "to": move.target_id,
            **{kind.value: number for kind, number in plan.counts},
            **dict(plan.others),
            **({"primary": True} if plan.asked.primary else {}),
            **({"removed": True} if plan.asked.remove else {}),
        },
    )
    _tell(uow, actor, entry, plan.asked)
    wanted = {name for name, _ in plan.others}
    for one in plug_ins:
        if one.name in wanted:
            one.apply(move)


def _tell(uow: UnitOfWork, actor: Actor, entry: audit.AuditEntry, asked: TransferRequest) -> None:
    """Tell both people how they are affected; the transfer of records alone is not announced."""
    source, target = asked.source.membership, asked.target.membership
    if asked.primary:
        news.tell(uow, actor, entry, Topic.PRIMARY, target.person_id)
        news.tell(uow, actor, entry, Topic.PRIMARY, source.person_id)
    if asked.remove and source.standing is Standing.ACTIVE:
        news.tell(uow, actor, entry, Topic.STANDING, source.person_id)
