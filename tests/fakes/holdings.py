"""Fakes of the stored accounts, and of everything that is stored under a person's id."""

# ruff: noqa: ARG002 - a fake need not keep all that it is told

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.email_addresses import email_key
from bot.core.messages.broadcasts import BroadcastState, Failure, Recipient, RecipientState
from bot.core.name_matching import fold_name
from bot.core.people.holdings import ERASED, OF_OTHERS, GivenRole, RecordKind
from bot.core.people.members import Membership
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import AccountKey, Person
from bot.core.rights.roles import ScopeKind
from bot.core.values import replace
from tests.fakes.state import State, UsedClaim


@dataclass(frozen=True)
class FakeAccounts:
    state: State

    def lock(self, person_ids: Collection[str]) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def current(self, person_id: str) -> Person | None:
        now = self.state.merged.get(person_id, person_id)
        return None if now in self.state.erased else self.state.persons.get(now)

    def known_as(self, person_id: str) -> Sequence[str]:
        merged = [old for old, now in self.state.merged.items() if now == person_id]
        return sorted([*([person_id] if person_id in self.state.persons else []), *merged])

    def link(self, key: AccountKey, person_id: str, at: datetime) -> bool:
        if key in self.state.accounts:
            return False
        self.state.accounts[key] = person_id
        return True

    def take(self, key: AccountKey, person_id: str, at: datetime) -> None:
        assert self.link(key, person_id, at)  # units of the fake database never run at the same time

    def recheck_owner(self, key: AccountKey, person_id: str | None) -> None:
        """Nobody can have taken the account: units of the fake database never run at the same time."""
        assert self.state.accounts.get(key) == person_id

    def unlink(self, key: AccountKey, person_id: str) -> bool:
        if self.state.accounts.get(key) != person_id:
            return False
        del self.state.accounts[key]
        self.state.proved.pop(key, None)
        return True

    def save_proved_email(self, key: AccountKey, address: str, at: datetime) -> None:
        self.state.proved[key] = (at, address)

    def proved_email(self, person_id: str) -> str:
        mine = [one for key, one in self.state.proved.items() if self.state.accounts[key] == person_id]
        return max(mine)[1] if mine else ""

    def absorb(self, source_id: str, target_id: str) -> None:
        for key, owner in self.state.accounts.items():
            if owner == source_id:
                self.state.accounts[key] = target_id
        self.state.details.pop(source_id, None)
        for old in self.known_as(source_id):
            self.state.persons[old] = replace(self.state.persons[old], zone=None)
            self.state.merged[old] = target_id

    def departed(self, words: Sequence[str], *, after: str | None, limit: int) -> Sequence[Person]:
        there = {one.person_id for one in self.state.memberships.values()}
        there |= {one.person for one in self.state.assignments}
        gone = {*there, *self.state.merged, *self.state.erased}
        found = []
        for one in sorted(self.state.persons.values(), key=lambda one: one.id, reverse=True):
            details = self.state.details.get(one.id)
            name, email = fold_name(one.name), email_key(details.email) if details else ""
            fits = all(fold_name(word) in name or word in email for word in words)
            if one.id not in gone and fits and (after is None or one.id < after):
                found.append(one)
        return found[:limit]

    def erase(self, person_id: str, at: datetime) -> None:
        ids = self.known_as(person_id)
        for key, owner in list(self.state.accounts.items()):
            if owner in ids:
                del self.state.accounts[key]
                self.state.proved.pop(key, None)
        for one in ids:
            self.state.details.pop(one, None)
            self.state.persons[one] = Person(one, ERASED)
            self.state.erased.add(one)


@dataclass(frozen=True)
class _Place:
    """Where a kind of thing is stored: a table of the state, its person field, and what exports show."""

    table: str
    person: str
    shown: tuple[str, ...]
    within: str | None = None

    def holder(self, one: Any) -> Any:
        """Return the row, or the value within it, that has the person's id."""
        return getattr(one, self.within) if self.within else one

    def given_to(self, one: Any, person_id: str) -> Any:
        """Return a copy of a row under another person's id."""
        moved = replace(self.holder(one), **{self.person: person_id})
        return replace(one, **{self.within: moved}) if self.within else moved


_INVITATION = (
    *("id", "school_id", "role", "uses_allowed", "uses_taken", "expires_at"),
    *("note", "label", "created_at", "revoked_at"),
)
_ADDRESSED = (
    *("id", "school_id", "addressee", "email", "way", "note"),
    *("created_at", "sent_at", "opened_at", "expires_at", "declined_at", "cleared_at", "revoked_at"),
)
_PLACES = {
    RecordKind.INVITATIONS: _Place("invitations", "created_by", _INVITATION),
    RecordKind.REVOCATIONS: _Place("invitations", "revoked_by", ("id", "school_id", "revoked_at")),
    RecordKind.REDEMPTIONS: _Place("redemptions", "person_id", ("id", "invitation_id", "redeemed_at")),
    RecordKind.REQUESTS: _Place(
        "join_requests",
        "person_id",
        (
            "id",
            "school_id",
            "issuer",
            "role",
            "state",
            "submitted_at",
            "decided_at",
            "reason",
            "answers",
        ),
    ),
    RecordKind.DECISIONS: _Place(
        "join_requests", "decided_by", ("id", "school_id", "role", "state", "decided_at", "reason")
    ),
    RecordKind.CLAIMED: _Place("join_requests", "claimed_by", ("id", "school_id", "state", "claimed_at")),
    RecordKind.GRANTS: _Place("given", "granted_by", ("scope_kind", "scope_id", "role", "granted_at")),
    RecordKind.CLAIMS: _Place("used_claims", "used_by", ("id", "purpose", "used_at")),
    RecordKind.ADDRESSED: _Place("invitations", "person_id", _ADDRESSED, within="to"),
    RecordKind.MESSAGES: _Place(
        "broadcasts", "created_by", ("id", "school_id", "title", "text", "state", "created_at", "send_at")
    ),
    RecordKind.TEMPLATES: _Place(
        "templates", "created_by", ("id", "school_id", "name", "title", "text", "created_at")
    ),
    RecordKind.RECEIVED: _Place("recipients", "person_id", ("broadcast_id", "state", "by", "at")),
}


def _id(one: Any) -> Any:
    """Return the key of a row."""
    return (one.broadcast_id, one.person_id) if isinstance(one, Recipient) else one.id


@dataclass(frozen=True)
class FakeHoldings:
    state: State

    def _of(self, kind: RecordKind, person_id: str, school_id: str | None) -> list[Any]:
        place = _PLACES[kind]
        rows = getattr(self.state, place.table).values()
        own = [one for one in rows if getattr(place.holder(one), place.person, None) == person_id]
        if kind is RecordKind.GRANTS:
            own = [one for one in own if one.what in self.state.assignments]
        return sorted(
            (one for one in own if school_id in {None, self._school(one)}), key=lambda one: str(_id(one))
        )

    def _school(self, one: Any) -> str:
        if isinstance(one, Recipient):
            return self.state.broadcasts[one.broadcast_id].school_id
        if isinstance(one, UsedClaim):
            return ""  # belongs to no school
        of = self.state.invitations[one.invitation_id] if not hasattr(one, "school_id") else one
        return str(of.school_id)

    def count(
        self, kind: RecordKind, person_id: str, school_id: str | None = None, *, excluding: str | None = None
    ) -> int:
        return len(self._others(kind, self._of(kind, person_id, school_id), excluding))

    def _others(self, kind: RecordKind, found: list[Any], excluding: str | None) -> list[Any]:
        return [one for one in found if kind not in OF_OTHERS or one.person_id != excluding]

    def records(
        self, kind: RecordKind, person_id: str, school_id: str | None = None
    ) -> Sequence[Mapping[str, object]]:
        return [
            {name: self._shown(one, name) for name in _PLACES[kind].shown}
            for one in self._of(kind, person_id, school_id)
        ]

    def _shown(self, one: Any, name: str) -> object:
        match name:
            case "issuer":
                return one.account.issuer
            case "scope_kind":
                return self._kind(one.scope_id)
            case "addressee":
                return one.to.name
            case "answers":
                return [[answer.question, answer.text] for answer in one.answers]
            case "state" | "way":
                return str(getattr(one, name, None) or one.to.way)
        return getattr(one, name) if hasattr(one, name) else getattr(one.to, name)

    def move(self, kind: RecordKind, source_id: str, target_id: str, school_id: str | None = None) -> int:
        if kind is RecordKind.RECEIVED:
            self._drop_doubles(source_id, target_id)
        own = self._others(kind, self._of(kind, source_id, school_id), target_id)
        for one in own:
            table = getattr(self.state, _PLACES[kind].table)
            given = _PLACES[kind].given_to(one, target_id)
            del table[_id(one)]
            table[_id(given)] = given
        return len(own)

    def _drop_doubles(self, source_id: str, target_id: str) -> None:
        for one in self._of(RecordKind.RECEIVED, source_id, None):
            other = self.state.recipients.get((one.broadcast_id, target_id))
            if other is None:
                continue
            waits = other.state is RecipientState.WAITING and one.state is not RecipientState.WAITING
            del self.state.recipients[_id(other if waits else one)]

    def roles(self, person_id: str) -> Sequence[GivenRole]:
        own = [one for one in self.state.assignments if one.person == person_id]
        found = [GivenRole(one.role, self._kind(one.scope), one.scope) for one in own]
        return sorted(found, key=lambda one: (one.scope_id, one.scope_kind, one.role))

    def _kind(self, scope: str) -> str:
        below = ScopeKind.SCHOOL if scope in self.state.schools else ScopeKind.DISTRICT
        return (below if scope else ScopeKind.SYSTEM).value

    def move_roles(self, source_id: str, target_id: str) -> None:
        for one in [one for one in self.state.assignments if one.person == source_id]:
            self.state.reassign(one, one._replace(person=target_id))

    def move_membership(self, membership_id: str, target_id: str) -> None:
        one = self.state.memberships[membership_id]
        self.state.memberships[membership_id] = replace(one, person_id=target_id)

    def store_membership(self, membership: Membership) -> None:
        self.state.memberships[membership.id] = membership

    def pending_requests(self, person_id: str) -> Sequence[JoinRequest]:
        own = self._of(RecordKind.REQUESTS, person_id, None)
        return [one for one in own if one.state is RequestState.PENDING]

    def request_ids(self, person_id: str) -> Sequence[str]:
        return [one.id for one in self._of(RecordKind.REQUESTS, person_id, None)]

    def end_memberships(self, person_id: str) -> int:
        for given in [one for one in self.state.assignments if one.person == person_id]:
            self.state.assignments.remove(given)
        own = [one.id for one in self.state.memberships.values() if one.person_id == person_id]
        for membership_id in own:
            del self.state.memberships[membership_id]
        return len(own)

    def erase_texts(self, person_id: str, accounts: Collection[AccountKey]) -> None:
        self._blank_requests(person_id)
        self._blank_messages(person_id)
        self._blank_invitations(person_id)
        gone = {(key.issuer, key.subject) for key in accounts}
        for notice_id, queued in list(self.state.outbox.items()):
            if (queued.notice.to.platform.value, queued.notice.to.account) in gone:
                del self.state.outbox[notice_id]
        for copy in list(self.state.card_copies.values()):
            if (copy.to.platform.value, copy.to.account) in gone:
                del self.state.card_copies[copy.id]

    def _blank_invitations(self, person_id: str) -> None:
        redeemed = {
            one.invitation_id for one in self.state.redemptions.values() if one.person_id == person_id
        }
        for one in list(self.state.invitations.values()):
            theirs = one.uses_allowed == 1 and one.id in redeemed
            if theirs or one.created_by == person_id:
                self.state.invitations[one.id] = replace(one, note="", label="")
            if one.created_by == person_id and one.batch_id is not None:
                self.state.batches[one.batch_id] = replace(self.state.batches[one.batch_id], label="")
            if one.to is not None and one.to.person_id == person_id:
                nobody = replace(one.to, name=ERASED, email="", account=None)
                self.state.invitations[one.id] = replace(one, note="", label="", to=nobody)
                for token, (invitation_id, _) in list(self.state.mail_tokens.items()):
                    if invitation_id == one.id:
                        del self.state.mail_tokens[token]

    def _blank_messages(self, person_id: str) -> None:
        for of in self._of(RecordKind.MESSAGES, person_id, None):
            state = BroadcastState.CANCELLED if of.state.open else of.state
            self.state.broadcasts[of.id] = replace(of, title="", text="", wanted="", state=state)
        for one in self._of(RecordKind.RECEIVED, person_id, None):
            is_open = self.state.broadcasts[one.broadcast_id].state.open
            if is_open and one.state in {RecipientState.WAITING, RecipientState.QUEUED}:
                nobody = replace(one, state=RecipientState.FAILED, why=Failure.ERASED, notice_id=None)
                self.state.recipients[_id(one)] = nobody

    def _blank_requests(self, person_id: str) -> None:
        for one in list(self.state.join_requests.values()):
            if one.person_id == person_id:
                nobody = AccountKey(ERASED, "")
                self.state.join_requests[one.id] = replace(one, account=nobody, reason="", answers=())
            elif one.decided_by == person_id:
                self.state.join_requests[one.id] = replace(one, reason="")
            elif one.claimed_by == person_id:
                self.state.join_requests[one.id] = replace(one, claimed_by=None, claimed_at=None)
