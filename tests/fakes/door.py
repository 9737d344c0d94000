"""Fakes of the stored invitations, join requests and one-time codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.claims import Claim, Purpose
from bot.core.ids import hash_of
from bot.core.invitations.invitations import Invitation, InvitationFilter, Redemption
from bot.core.name_matching import fold_name
from bot.core.requests.join_requests import KIND as REQUEST
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.fakes.state import State, UsedClaim


def _revocable(one: Invitation) -> bool:
    to = one.to
    ended = to is not None and (one.uses_taken or to.declined_at or to.cleared_at)
    return one.revoked_at is None and not ended


@dataclass(frozen=True)
class FakeInvitations:
    state: State

    def add(self, invitation: Invitation) -> None:
        self.state.invitations[invitation.id] = invitation
        self.state.invitation_due[invitation.id] = invitation.expires_at

    def by_code(self, code: str) -> Invitation | None:
        return next((one for one in self.state.invitations.values() if one.code == code), None)

    def by_token(self, token: str) -> Invitation | None:
        mailed, _ = self.state.mail_tokens.get(hash_of(token), ("", None))
        return next(
            (one for one in self.state.invitations.values() if token == one.token or one.id == mailed), None
        )

    def with_school(self, code: str, token: str, *, hold: bool) -> tuple[Invitation, School] | None:  # noqa: ARG002
        found = self.by_code(code) if code else self.by_token(token)
        return (found, self.state.schools[found.school_id]) if found else None

    def by_id(self, invitation_id: str) -> Invitation | None:
        return self.state.invitations.get(invitation_id)

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        found = self.state.invitations.get(invitation_id)
        if found is None or not found.state(now).alive:
            return False
        taken = found.uses_taken + 1
        self.state.invitations[invitation_id] = replace(found, uses_taken=taken)
        if found.uses_allowed == taken:
            self.state.due_if_posted(invitation_id, now)
        return True

    def take_use_or_retry(self, invitation_id: str, now: datetime) -> None:
        assert self.take_use(invitation_id, now)

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        found = self.state.invitations.get(invitation_id)
        if found is None or not _revocable(found):
            return False
        self.state.invitations[invitation_id] = replace(found, revoked_at=at, revoked_by=by)
        return True

    def revoke_open_of(self, school_id: str, person_id: str, *, by: str | None, at: datetime) -> int:
        own = [
            one
            for one in self.state.invitations.values()
            if one.school_id == school_id and one.created_by == person_id and _revocable(one)
        ]
        for one in own:
            self.state.invitations[one.id] = replace(one, revoked_at=at, revoked_by=by)
            self.state.due_if_posted(one.id, at)
        return len(own)

    def count_usable(self, school_id: str, now: datetime) -> int:
        own = [one for one in self.state.invitations.values() if one.school_id == school_id]
        return sum(one.state(now).alive for one in own)

    def count_made_since(self, school_id: str, at: datetime) -> int:
        own = [one for one in self.state.invitations.values() if one.school_id == school_id]
        return sum(one.created_at > at for one in own)

    def count_opening(self, invitation_id: str, at: datetime) -> None:
        found = self.state.invitations.get(invitation_id)
        if found is not None:
            self.state.invitations[invitation_id] = replace(
                found, opened_at=found.opened_at or at, openings=found.openings + 1
            )

    def add_redemption(self, redemption: Redemption) -> None:
        self.state.redemptions[redemption.id] = redemption

    def listed(self, school_id: str, wanted: InvitationFilter, *, limit: int) -> Sequence[Invitation]:
        own = [one for one in self.state.invitations.values() if one.school_id == school_id]
        if wanted.elsewhere:
            own = [one for one in self.state.invitations.values() if self._lets_in(one, school_id, wanted)]
        own.sort(key=lambda one: one.id, reverse=True)
        return [one for one in own if self._fits(one, wanted)][:limit]

    def _lets_in(self, one: Invitation, school_id: str, wanted: InvitationFilter) -> bool:
        granted = {grant.school_id for grant in self.state.invitation_grants.get(one.id, ())}
        lasts = wanted.now is not None and one.state(wanted.now).alive
        return lasts and one.school_id != school_id and school_id in granted

    def _fits(self, one: Invitation, wanted: InvitationFilter) -> bool:
        words = wanted.text.casefold()
        said: tuple[str, ...] = (self.state.persons[one.created_by].name, one.label, one.note, one.role or "")
        said += (one.to.name, one.to.email) if one.to else ()
        part, link = words.replace("-", "").upper(), wanted.part_of_link
        return (
            (wanted.text != "" or one.batch_id is None)
            and (wanted.after is None or one.id < wanted.after)
            and (wanted.state is None or wanted.now is None or one.state(wanted.now) is wanted.state)
            and (
                not words
                or any(words in text.casefold() for text in said)
                or (wanted.secrets and any(p and p in s for p, s in ((part, one.code), (link, one.token))))
            )
        )


_PROGRESS = ("claimed_by", "claimed_at", "reminded_at", "escalation", "escalated_at", "due_at")


@dataclass(frozen=True)
class FakeJoinRequests:
    state: State

    def _of(self, school_id: str, person_id: str) -> list[JoinRequest]:
        of_school = [one for one in self.state.join_requests.values() if one.school_id == school_id]
        return sorted((one for one in of_school if one.person_id == person_id), key=lambda one: one.id)

    def add(self, request: JoinRequest) -> None:
        if self.pending_of(request.school_id, request.person_id) is not None:
            raise ValueError("one request waits already")
        self.state.join_requests[request.id] = request

    def by_id(self, request_id: str) -> JoinRequest | None:
        return self.state.join_requests.get(request_id)

    def pending_of(self, school_id: str, person_id: str) -> JoinRequest | None:
        own = self._of(school_id, person_id)
        return next((one for one in own if one.state is RequestState.PENDING), None)

    def last_of(self, school_id: str, person_id: str) -> JoinRequest | None:
        own = self._of(school_id, person_id)
        return own[-1] if own else None

    def was_rejected(self, school_id: str, person_id: str) -> bool:
        return any(one.state is RequestState.REJECTED for one in self._of(school_id, person_id))

    def save_progress(self, request: JoinRequest, *, expected: JoinRequest) -> bool:
        stored = self._pending(request.id)
        if stored is None or any(getattr(stored, name) != getattr(expected, name) for name in _PROGRESS):
            return False
        told = {name: getattr(request, name) for name in _PROGRESS}
        self.state.join_requests[request.id] = replace(stored, **told)
        return True

    def _pending(self, request_id: str) -> JoinRequest | None:
        stored = self.state.join_requests.get(request_id)
        return stored if stored is not None and stored.state is RequestState.PENDING else None

    def record_departure(self, request_id: str, at: datetime) -> bool:
        stored = self._pending(request_id)
        if stored is None or stored.gone_at is not None:
            return False
        self.state.join_requests[request_id] = replace(stored, gone_at=at)
        return True

    def record_return(self, request_id: str) -> bool:
        stored = self._pending(request_id)
        if stored is None or stored.gone_at is None:
            return False
        self.state.join_requests[request_id] = replace(stored, gone_at=None)
        return True

    def move_to_account(self, request_id: str, account: AccountKey) -> None:
        if (stored := self._pending(request_id)) is not None:
            by = replace(stored, account=account, asked_in=None, gone_at=None)
            self.state.join_requests[request_id] = by

    def due(self, now: datetime, limit: int) -> Sequence[JoinRequest]:
        waiting = (one for one in self.state.join_requests.values() if one.state is RequestState.PENDING)
        off = self.state.put_off(REQUEST, now)
        waiting = (one for one in waiting if one.id not in off)
        found = [(one.due_at, one) for one in waiting if one.due_at is not None and one.due_at <= now]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])][:limit]

    def pending_in_workspace(self, workspace: WorkspaceKey) -> Sequence[JoinRequest]:
        waiting = (one for one in self.state.join_requests.values() if one.state is RequestState.PENDING)
        here = (workspace.external_id, workspace.platform.value)
        return sorted(
            (one for one in waiting if (one.asked_in, one.account.issuer) == here), key=lambda one: one.id
        )

    def save_due_times(self, requests: Sequence[JoinRequest]) -> None:
        for one in requests:
            stored = self.state.join_requests[one.id]
            if stored.state is RequestState.PENDING:
                self.state.join_requests[one.id] = replace(stored, due_at=one.due_at)

    def decide(self, request: JoinRequest) -> bool:
        stored = self.state.join_requests.get(request.id)
        if stored is None or stored.state is not RequestState.PENDING:
            return False
        self.state.join_requests[request.id] = request
        return True

    def listed(
        self, school_id: str, state: RequestState | None, *, after: str | None, limit: int
    ) -> Sequence[JoinRequest]:
        own = [one for one in self.state.join_requests.values() if one.school_id == school_id]
        fitting = [one for one in own if state in {None, one.state} and (after is None or one.id > after)]
        return sorted(fitting, key=lambda one: one.id)[:limit]

    def pending_by_name(
        self, school_id: str, name: str, *, whole: bool, limit: int
    ) -> Sequence[tuple[JoinRequest, str]]:
        wanted = fold_name(name)
        waiting = self.listed(
            school_id, RequestState.PENDING, after=None, limit=len(self.state.join_requests)
        )
        named = [(one, self.state.persons[one.person_id].name) for one in waiting]
        fitting = [
            (one, called)
            for one, called in named
            if (wanted == fold_name(called) if whole else wanted in fold_name(called))
        ]
        return fitting[:limit]


@dataclass(frozen=True)
class FakeClaims:
    state: State

    def add(self, claim: Claim) -> None:
        self.drop(claim.purpose, claim.subject)
        self.state.claims[claim.id] = claim

    def find(self, code_hash: str, purpose: Purpose, now: datetime) -> Claim | None:
        for claim in self.state.claims.values():
            usable = claim.purpose == purpose and claim.expires_at > now
            if usable and claim.code_hash == code_hash and claim.id not in self.state.used_claims:
                return claim
        return None

    def take(self, code_hash: str, purpose: Purpose, *, by: str | None, now: datetime) -> Claim | None:
        claim = self.find(code_hash, purpose, now)
        if claim is not None:
            self.state.used_claims[claim.id] = UsedClaim(claim.id, claim.purpose, by, now)
        return claim

    def drop(self, purpose: Purpose, subject: str | None = None) -> None:
        for known in list(self.state.claims.values()):
            same = known.purpose == purpose and subject in {None, known.subject}
            if same and known.id not in self.state.used_claims:
                del self.state.claims[known.id]
