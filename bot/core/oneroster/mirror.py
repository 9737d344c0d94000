"""What a source has said so far, and the memberships of its people.

This is stored, so that a delta folder, which has only changes, is as good as a bulk one, which has
everything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.oneroster.feed import Feed, Mode
from bot.core.oneroster.model import ROLE_MAP, DistrictMembership, Grant, KnownUser, Org
from bot.core.ports import UnitOfWork
from bot.core.rosters.imports import RosterDetails
from bot.core.schools.schools import School


@dataclass(slots=True)
class Mirror:
    """Everything that a source has said so far, and the memberships of its people."""

    orgs: dict[str, Org]
    users: dict[str, KnownUser]
    grants: dict[str, Grant]
    roles: Mapping[str, str]
    schools: tuple[School, ...]
    memberships: list[DistrictMembership]
    named: dict[str, RosterDetails] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    gone_grants: set[str] = field(default_factory=set)
    gone_orgs: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, uow: UnitOfWork, district_id: str, schools: Iterable[School]) -> "Mirror":
        """Load what is stored about a district's source."""
        return cls(
            dict(uow.oneroster_known.orgs(district_id)),
            dict(uow.oneroster_known.users(district_id)),
            dict(uow.oneroster_known.grants(district_id)),
            {**ROLE_MAP, **uow.oneroster_known.roles(district_id)},
            tuple(schools),
            list(uow.oneroster_known.memberships(district_id)),
        )

    def take(self, feed: Feed) -> None:
        """Take in what a folder says; `touched` collects the users whom it affects."""
        if feed.orgs.mode is Mode.BULK:
            self.gone_orgs = self.orgs.keys() - feed.orgs.said.keys()
        self.gone_orgs |= feed.orgs.gone & self.orgs.keys()
        self._drop(self.orgs, self.gone_orgs)
        for name, org in feed.orgs.said.items():
            before = self.orgs.get(name)
            chosen = before if before and before.chosen else None
            self.orgs[name] = org._replace(
                school_id=chosen.school_id if chosen else self._school_of(org), chosen=bool(chosen)
            )
        if feed.users.mode is Mode.BULK:
            self.gone = self.users.keys() - feed.users.said.keys()
        if Mode.BULK in {feed.users.mode, feed.grants.mode}:
            self.touched |= self.users.keys()
        self._take_grants(feed)
        self.touched |= feed.users.said.keys()
        # Roles of users who are gone no longer count.
        orphans = {name for name, one in self.grants.items() if one.user in self.gone}
        self.gone_grants |= orphans
        self._drop(self.grants, orphans)

    def _take_grants(self, feed: Feed) -> None:
        begun = {
            name: one._replace(begins=None)
            for name, one in self.grants.items()
            if one.begins and one.begins <= feed.today
        }
        self.grants |= begun
        self.touched |= {one.user for one in begun.values()}
        if feed.grants.mode is Mode.BULK:
            self.gone_grants = self.grants.keys() - feed.grants.said.keys()
        self.gone_grants |= feed.grants.gone & self.grants.keys()
        self.gone_grants |= {name for name, one in self.grants.items() if one.ends and one.ends < feed.today}
        changed = {*self.gone_grants, *feed.grants.said}
        self.touched |= {self.grants[one].user for one in changed if one in self.grants}
        self._drop(self.grants, self.gone_grants)
        self.grants |= feed.grants.said
        self.touched |= {one.user for one in feed.grants.said.values()}

    @staticmethod
    def _drop(of: dict[str, Org] | dict[str, Grant], names: Iterable[str]) -> None:
        for name in names:
            del of[name]

    def _school_of(self, org: Org) -> str | None:
        """Find the school that an organisation is, by its name, or by an identifier that is a school's id."""
        if org.kind != "school":
            return None
        fitting = [one for one in self.schools if one.called(org.name) or one.called(org.identifier)]
        return fitting[0].id if len(fitting) == 1 else None
