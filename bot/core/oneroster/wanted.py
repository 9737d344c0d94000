"""What a source wants: who is to be in which school with which roles, and who is to leave."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.core.email_addresses import email_key
from bot.core.ids import hash_of
from bot.core.oneroster.feed import USERS, Feed, Mode, User
from bot.core.oneroster.mirror import Mirror
from bot.core.oneroster.model import (
    NOTHING,
    SCHOOLS_DEFAULT,
    Count,
    DistrictMembership,
    FeedError,
    FeedProblem,
    KnownUser,
    Mark,
)
from bot.core.people.members import Access
from bot.core.rosters.rows import RosterRow

_TOLD = 16
# Row numbers of people whom this folder does not list start here.
UNNAMED = 10_000_000


@dataclass(slots=True)
class Wanted:
    """What is to be done with the people of a folder; `sids` has the sourcedIds of the rows, by number."""

    rows: list[RosterRow] = field(default_factory=list)
    sids: dict[int, str] = field(default_factory=dict)
    given: dict[tuple[int, str], Mark] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    off: dict[str, list[DistrictMembership]] = field(default_factory=dict)
    on: dict[str, list[DistrictMembership]] = field(default_factory=dict)
    users: dict[str, KnownUser] = field(default_factory=dict)
    counts: Counter[Count] = field(default_factory=Counter)
    errors: list[FeedError] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """A text that changes when the wanted changes of memberships do."""
        facts = (sorted(self.leaving), sorted(self.off), sorted(self.on))
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:_TOLD]


def wanted(mirror: Mirror, feed: Feed) -> Wanted:
    """Work out what is to be done for a folder."""
    return _Work(mirror, feed).done()


@dataclass(slots=True)
class _Work:
    mirror: Mirror
    feed: Feed
    result: Wanted = field(default_factory=Wanted)
    _by_person: dict[str, dict[str, DistrictMembership]] = field(default_factory=dict)
    _by_email: dict[str, str] = field(default_factory=dict)
    _wanted_roles: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def done(self) -> Wanted:
        for one in self.mirror.memberships:
            self._by_person.setdefault(one.person_id, {})[one.school_id] = one
            if one.email:
                self._by_email[one.email] = one.person_id
        self._resolve_roles()
        for number, name in enumerate(sorted(self.mirror.touched - self.mirror.gone)):
            self._add_user(name, UNNAMED + number)
        kept: dict[str, set[str]] = {}
        for name in (self.mirror.users.keys() | self.feed.users.said.keys()) - self.mirror.gone:
            person = self._person(name)
            if person is None:
                continue
            kept.setdefault(person, set()).update(self._wanted_roles.get(name, {}))
            if self._active(name, self.mirror.users.get(name)):
                self.result.off.pop(person, None)  # active under another of their ids
            else:
                kept[person].update(self._by_person.get(person, {}))
        self._find_leavers(kept)
        return self.result

    def _resolve_roles(self) -> None:
        """Work out which roles each user is to have in which schools; an empty set means the default role."""
        own = {one.id for one in self.mirror.schools}
        for grant in self.mirror.grants.values():
            if grant.begins is not None:
                continue
            org = self.mirror.orgs.get(grant.org)
            role = self.mirror.roles.get(grant.role, NOTHING)
            new = grant.user in self.mirror.touched
            if role == NOTHING:
                self.result.counts[Count.IGNORED] += new
            elif org is None or org.school_id is None or org.school_id not in own:
                self.result.counts[Count.UNMAPPED] += new
            else:
                given = self._wanted_roles.setdefault(grant.user, {}).setdefault(org.school_id, set())
                given.update({role} - {SCHOOLS_DEFAULT})

    def _person(self, name: str) -> str | None:
        """Find the person that a user is: the one known from before, or the one with the user's address."""
        known = self.mirror.users.get(name)
        if known and known.person_id:
            return known.person_id
        said = self.feed.users.said.get(name)
        return self._by_email.get(email_key(said.email)) if said and said.email else None

    def _active(self, name: str, known: KnownUser | None) -> bool:
        said = self.feed.users.said.get(name)
        return said.active if said else known is None or known.active

    def _add_user(self, name: str, number: int) -> None:
        said, known = self.feed.users.said.get(name), self.mirror.users.get(name)
        if said is not None:
            told = _told(said)
        elif known is not None:
            told = known.told
        else:
            return  # a role names an unknown user, which was reported as an error
        person = self._person(name)
        memberships = self._by_person.get(person, {}) if person else {}
        active = self._active(name, known)
        self.result.users[name] = KnownUser(person, active, told)
        if not active:
            if known is None or known.active:
                going = [one for one in memberships.values() if one.access != Access.DEACTIVATED.value]
                self._set(self.result.off, person, going)
            return
        if known is not None and not known.active:
            back = [one for one in memberships.values() if one.mark and one.mark.was is not None]
            self._set(self.result.on, person, back)
        place = self.feed.users.rows.get(name, number)
        self._rows(name, place, said, known, memberships)

    def _set(
        self,
        where: dict[str, list[DistrictMembership]],
        person: str | None,
        memberships: list[DistrictMembership],
    ) -> None:
        if person and memberships:
            where[person] = memberships

    def _rows(
        self,
        name: str,
        place: int,
        said: User | None,
        known: KnownUser | None,
        memberships: Mapping[str, DistrictMembership],
    ) -> None:
        """Make a row for each school where something is to change."""
        same = known is not None and (said is None or known.told == _told(said))
        if said and said.email and known and known.email and email_key(said.email) != email_key(known.email):
            self.result.counts[Count.READDRESSED] += 1
        changes = sorted(self._changes(name, place, memberships, same=same))
        details = said or self.mirror.named.get(name)
        if not changes or details is None:
            return  # without details, they wait until a folder lists them again
        email = known.email if known and known.email else details.email
        if not email:
            self.result.errors.append(FeedError(USERS, place, "email", FeedProblem.MISSING))
            return
        self.result.sids[place] = name
        for school_id, roles in changes:
            self.result.rows.append(
                RosterRow(
                    place, email, details.first_name, details.last_name, (school_id,), roles,
                    grade_levels=details.grade_levels, middle_initial=details.middle_initial,
                )
            )  # fmt: skip

    def _changes(
        self, name: str, place: int, memberships: Mapping[str, DistrictMembership], *, same: bool
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the schools where a user's roles are to change, with the roles to have there."""
        wanted_roles = self._wanted_roles.get(name, {})
        for school_id, roles in wanted_roles.items():
            membership = memberships.get(school_id)
            after, mark = self._given(school_id, roles, membership)
            self.result.given[place, school_id] = mark
            if membership and same and (after, mark) == (membership.roles, membership.mark):
                self.result.counts[Count.SAME] += 1
            else:
                yield school_id, after
        for school_id, membership in memberships.items():
            # Take back roles that were given to an existing member, if others are left.
            if (
                school_id not in wanted_roles
                and membership.mark
                and membership.mark.roles
                and not membership.mark.made
            ):
                left = tuple(sorted(set(membership.roles) - set(membership.mark.roles)))
                self.result.given[place, school_id] = membership.mark._replace(roles=(), by_default=False)
                if left:
                    yield school_id, left

    def _given(
        self, school_id: str, roles: set[str], membership: DistrictMembership | None
    ) -> tuple[tuple[str, ...], Mark]:
        """Return a user's roles in a school afterwards, and the mark of those that the source gives."""
        if membership is None:
            new = tuple(sorted(roles))
            return new, Mark(made=True, roles=new, by_default=not roles)
        mark = membership.mark or Mark()
        own = set(membership.roles) - set(mark.roles)
        if not roles and not own:
            if mark.by_default or not mark.roles:
                return membership.roles, mark
            # Without the source's roles nothing would be left, so they get the default role.
            newcomers = next(one.default_role for one in self.mirror.schools if one.id == school_id)
            return (newcomers,), mark._replace(roles=(newcomers,), by_default=True)
        given = tuple(sorted(roles - own))
        return tuple(sorted(own | roles)), mark._replace(roles=given, by_default=False)

    def _find_leavers(self, kept: Mapping[str, set[str]]) -> None:
        """Find the members whom the source had added and no longer wants; in a delta, only affected ones."""
        whole = Mode.BULK in {self.feed.users.mode, self.feed.grants.mode}
        named = {self._person(one) for one in self.mirror.touched}
        for one in self.mirror.memberships:
            if one.mark is None or not one.mark.made or one.school_id in kept.get(one.person_id, ()):
                continue
            if (whole or one.person_id in named) and one.active:
                self.result.leaving.add(one.membership_id)


def _told(user: User) -> str:
    """Return a text that changes when a user's details do."""
    return hash_of(repr(user[2:]))[:_TOLD]
