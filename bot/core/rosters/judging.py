"""What an import does to people who are known already; planning and applying use the same rules."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from bot.core.email_addresses import email_key
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.people.people import is_above
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR, Rights, ScopeKind
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Missing, Options, RosterDetails, Sent, Step, StepKind, StepReason
from bot.core.rosters.known import HeldRole, KnownPerson
from bot.core.rosters.rows import Problem, RowError
from bot.core.rosters.scope import Reach

_ALL_RIGHTS = Rights.of([SYSTEM_ADMINISTRATOR.name])
_STANDINGS = {Standing.PENDING: StepReason.PENDING, Standing.REJECTED: StepReason.REJECTED}
_ACCESSES = {Access.SUSPENDED: StepReason.SUSPENDED, Access.DEACTIVATED: StepReason.DEACTIVATED}


def held_back(membership: Membership) -> StepReason | None:
    """Return why a roster may not change a membership; None if it is active."""
    if membership.access in _ACCESSES:
        return _ACCESSES[membership.access]
    if membership.visibility is Visibility.ARCHIVED:
        return StepReason.ARCHIVED
    return _STANDINGS.get(membership.standing)


@dataclass(slots=True)
class Judge:
    """Decides what rows do to known people, by what is known of them and what the actor may do.

    `listed` has the schools of people who are in several steps, by address in compared form; `invited` the
    pairs of address and school of pending invitations. `named_administrators` are those that the settings
    name. From `emptied` schools everyone leaves whom no row names there.
    """

    reach: Reach
    options: Options
    named_administrators: Collection[str]
    listed: Mapping[str, Collection[str]] = field(default_factory=dict)
    invited: Collection[tuple[str, str]] = ()
    emptied: Collection[str] = ()
    above: dict[tuple[str, frozenset[HeldRole]], bool] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)

    def judged(self, step: Step, known: KnownPerson) -> Step | RowError:
        """Decide what a row does to a known person."""
        membership = known.in_school(step.school_id)
        if membership is None:
            return self._newcomer(step, known)
        before = known.roles_in(step.school_id)
        after = step.wanted or before
        changed = after != before
        details = self._differs(step, known)
        step = step._replace(
            person_id=known.person_id,
            kind=StepKind.SAME,
            roles=before,
            roles_before=before,
            made="",
            sent=Sent.NOT,
            fresh=False,
        )
        # Barred people are reported even if nothing would change, since the file lists them as members.
        why = held_back(membership)
        if why is None and (changed or details):
            why = self.untouched(step.school_id, known)
        if why is not None:
            return step._replace(kind=StepKind.KEEP, why=why)
        if not changed and not details:
            return step
        return self._changed(step, known, after, details=details)

    def _changed(
        self, step: Step, known: KnownPerson, after: tuple[str, ...], *, details: bool
    ) -> Step | RowError:
        """Change a member's roles and details as far as the actor may."""
        changed = after != step.roles
        if changed and (wrong := self._regrant(step, step.roles, after)) is not None:
            return wrong
        if details and not self.edits(step.school_id, known):
            if not changed:
                return step._replace(kind=StepKind.KEEP, why=StepReason.DETAILS)
            return step._replace(kind=StepKind.CHANGE, roles=after, why=StepReason.DETAILS)
        before = self._edited(step, known.said) if details else None
        return step._replace(kind=StepKind.CHANGE, roles=after, before=before)

    def _regrant(self, step: Step, before: tuple[str, ...], after: tuple[str, ...]) -> Step | RowError | None:
        """Return what keeps the actor from giving and taking these roles; None if nothing does."""
        for name in sorted(set(after) - set(before)):
            if not self.reach.covers(step.school_id, name):
                return self._too_high(step, name)
        for name in sorted(set(before) - set(after)):
            if not self.reach.covers(step.school_id, name):
                return step._replace(kind=StepKind.KEEP, why=StepReason.ABOVE)
        return None

    def _too_high(self, step: Step, name: str) -> RowError:
        offered = self.reach.grantable(step.school_id)
        return RowError(step.place, Column.ROLES, Problem.ABOVE_CEILING, name, offered)

    def untouched(self, school_id: str, known: KnownPerson) -> StepReason | None:
        """Return why the actor may not change a member of a school; None if they may."""
        if known.person_id == self.reach.actor.person_id:
            return StepReason.OWN
        school = self.reach.school(school_id)
        if school is not None and school.primary_admin_id == known.person_id:
            return StepReason.PRIMARY
        return StepReason.ABOVE if self._is_above(school_id, known) else None

    def switched_off(self, school_id: str, known: KnownPerson) -> bool:
        """Tell whether the identity provider of a school's district bars a person from all its schools."""
        return self._district_of(school_id) in known.off

    def _district_of(self, school_id: str) -> str | None:
        school = self.reach.school(school_id)
        return school.district_id if school else None

    def _is_above(self, school_id: str, known: KnownPerson) -> bool:
        """Tell whether a person was granted rights, at this school or above it, that the actor lacks."""
        if known.person_id in self.named_administrators:
            return not self.reach.at(school_id).include(_ALL_RIGHTS)
        return not self.reach.at(school_id).include(self._granted(school_id, known))

    def _granted(self, school_id: str, known: KnownPerson) -> Rights:
        district = self._district_of(school_id)
        reaching = {(ScopeKind.SYSTEM, ""), (ScopeKind.DISTRICT, district), (ScopeKind.SCHOOL, school_id)}
        return known.granted_at(reaching)

    def _differs(self, step: Step, known: KnownPerson) -> bool:
        """Tell whether a row would change a person's details, and no other row has changed them already.

        The address is not compared: the person was found by it.
        """
        if known.person_id in self.edited:
            return False
        return any(new and new != old for new, old in zip(step.said[1:], known.said[1:], strict=True))

    def _edited(self, step: Step, before: RosterDetails) -> RosterDetails:
        """Return `before`, and note that a step changes these details: only one step per person may."""
        if email_key(step.said.email) in self.listed:
            self.edited.add(step.person_id)
        return before

    def edits(self, school_id: str, known: KnownPerson) -> bool:
        """Tell whether the actor may change a person's details, by the rules of `people.refuse_above`."""
        edit = Permission.MEMBER_EDIT
        if not all(self.reach.holds(edit, one.school_id) for one in known.memberships):
            return False
        if not self.reach.holds(edit, school_id):
            return False
        key = (school_id, frozenset(known.held))
        if key not in self.above:
            self.above[key] = self._above_anywhere(school_id, known)
        return not self.above[key]

    def _above_anywhere(self, school_id: str, known: KnownPerson) -> bool:
        here = self.reach.at(school_id)
        elsewhere = {one.scope_id for one in known.held if one.scope is ScopeKind.SCHOOL}
        for place in {school_id, *elsewhere}:
            if is_above(self._granted(place, known), here, partial(self.reach.at, place)):
                return True
        for district_id in {one.scope_id for one in known.held if one.scope is ScopeKind.DISTRICT}:
            over = known.granted_at({(ScopeKind.SYSTEM, ""), (ScopeKind.DISTRICT, district_id)})
            if not self.reach.over_district(district_id).include(over):
                return True
        return False

    def _newcomer(self, step: Step, known: KnownPerson) -> Step | RowError:
        """Decide what happens to a known person who is not in this school."""
        kept = step._replace(
            person_id=known.person_id, kind=StepKind.KEEP, roles=(), made="", sent=Sent.NOT, fresh=False
        )
        if known.person_id == self.reach.actor.person_id:
            return kept._replace(why=StepReason.OWN)
        if self.switched_off(step.school_id, known):
            return kept._replace(why=StepReason.DEACTIVATED)
        near = self._near(known)
        elsewhere = known.scim - {self._district_of(step.school_id)}
        nobodys = not (known.memberships or known.held or known.has_account or elsewhere)
        if not (near or nobodys):
            return self._stranger(step)
        if (wrong := self._above_ceiling(step)) is not None:
            return wrong
        # A person who is suspended or deactivated at a school nearby may not join another one instead.
        why = self.kept_out_nearby(known)
        if why is None and self._is_above(step.school_id, known):
            why = StepReason.ABOVE
        return self._comes(step, known, nobodys=nobodys) if why is None else kept._replace(why=why)

    def _near(self, known: KnownPerson) -> list[Membership]:
        """List a person's memberships in schools from which the actor could remove people."""
        return [one for one in known.memberships if self.reach.holds(Permission.MEMBER_REMOVE, one.school_id)]

    def kept_out_nearby(self, known: KnownPerson) -> StepReason | None:
        """Return why a person is suspended or deactivated at a school in the actor's reach; None if not."""
        found = (_ACCESSES[one.access] for one in self._near(known) if one.access in _ACCESSES)
        return next(found, None)

    def _comes(self, step: Step, known: KnownPerson, *, nobodys: bool) -> Step | RowError:
        """Add a known person whom the actor may add; change their details if the actor may do that too."""
        step = step._replace(
            person_id=known.person_id,
            kind=StepKind.MOVE if self.leaving(step, known) else StepKind.ADD,
            sent=Sent.NOT if known.has_account else step.sent,
            fresh=False,
        )
        if nobodys:
            # What a former school knew of them is neither shown nor kept.
            return step._replace(before=self._edited(step, RosterDetails()) if step.leads else None)
        edits = self.edits(step.school_id, known)
        if not (edits and step.said.educator_id) and self._brings_id_of_another(step, known):
            id_ = known.said.educator_id
            return RowError(step.place, Column.EDUCATOR_ID, Problem.ID_OF_ANOTHER, id_)
        if not self._differs(step, known):
            return step
        if not edits:
            return step._replace(why=StepReason.DETAILS)
        return step._replace(before=self._edited(step, known.said))

    def _brings_id_of_another(self, step: Step, known: KnownPerson) -> bool:
        """Tell whether the educator id that is stored for a person is somebody else's at their new school.

        Where a directory goes by its own ids, that is no reason to leave out a whole district.
        """
        people, id_ = self.reach.uow.people, known.said.educator_id
        if not id_ or self.options.missing is Missing.SYNCED:
            return False
        return people.has_educator_id(step.school_id, id_, but=known.person_id)

    def _above_ceiling(self, step: Step) -> RowError | None:
        """Find a role of a newcomer that the actor may not give."""
        high = (name for name in step.roles if not self.reach.covers(step.school_id, name))
        return next((self._too_high(step, name) for name in high), None)

    def _stranger(self, step: Step) -> Step | RowError:
        """Decide what happens to a person known only outside of the actor's reach: at most, an invitation."""
        if not self.options.move:
            return RowError(step.place, Column.EMAIL, Problem.KNOWN_ELSEWHERE, step.said.email)
        if (wrong := self._above_ceiling(step)) is not None:
            return wrong
        if (email_key(step.said.email), step.school_id) in self.invited:
            return step._replace(
                kind=StepKind.KEEP, why=StepReason.INVITED, roles=(), made="", fresh=False, sent=Sent.NOT
            )
        return step._replace(kind=StepKind.INVITE, made="", fresh=False, sent=Sent.WANTED)

    def leaving(self, step: Step, known: KnownPerson) -> list[Membership]:
        """List a person's active memberships, at other open schools in the actor's reach, that a row ends."""
        if known.person_id == self.reach.actor.person_id:
            return []
        stays = {step.school_id, *self.listed.get(email_key(step.said.email), ())}
        return [
            one
            for one in known.memberships
            if one.active
            and one.school_id not in stays
            and (self.options.move or one.school_id in self.emptied)
            and not self.reach.is_archived(one.school_id)
            and self.reach.holds(Permission.MEMBER_REMOVE, one.school_id)
            and self.untouched(one.school_id, known) is None
        ]

    def leaver(self, number: int, membership: Membership, known: KnownPerson, why: StepReason | None) -> Step:
        """Decide what happens to a person who is to leave a school."""
        kept = held_back(membership) or self.untouched(membership.school_id, known)
        if kept is None and why is None and not (known.said.email and all(known.said[1:3])):
            kept = StepReason.UNNAMED
        before = known.roles_in(membership.school_id)
        return Step(
            number,
            0,
            membership.school_id,
            known.person_id,
            StepKind.KEEP if kept else StepKind.REMOVE,
            known.said,
            roles=before if kept else (),
            roles_before=before,
            why=kept or why,
            made="" if kept else membership.id,
            leads=False,
            created_at=membership.created_at,
            joined_at=membership.joined_at,
        )
