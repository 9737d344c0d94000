"""A fake of the stored addressed invitations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.email_addresses import email_key
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation
from bot.core.rights.actors import AccountKey
from bot.core.values import replace
from tests.fakes.state import State


def unended(one: Invitation) -> bool:
    to = one.to
    return (
        to is not None
        and one.uses_taken == 0
        and one.revoked_at is None
        and to.declined_at is None
        and to.cleared_at is None
    )


def _by(to: Addressee, account: AccountKey | None, email: str) -> bool:
    by_account = account is not None and to.account == account
    return by_account or (email != "" and email_key(to.email) == email_key(email))


@dataclass(frozen=True)
class FakeAddressed:
    state: State

    def _newest(self) -> list[tuple[Invitation, Addressee]]:
        found = sorted(self.state.invitations.values(), key=lambda one: one.id, reverse=True)
        return [(one, one.to) for one in found if one.to is not None]

    def grant(self, invitation_id: str, grants: Collection[Grant]) -> None:
        fresh = {*self.grants(invitation_id), *grants}
        self.state.invitation_grants[invitation_id] = tuple(
            sorted(fresh, key=lambda one: (one.school_id, one.role))
        )

    def grants(self, invitation_id: str) -> Sequence[Grant]:
        return list(self.state.invitation_grants.get(invitation_id, ()))

    def _end(self, invitation_id: str, **how: datetime) -> bool:
        found = self.state.invitations.get(invitation_id)
        if found is None or found.to is None or not unended(found):
            return False
        ended = replace(found.to, **how)  # type: ignore[arg-type]
        self.state.invitations[invitation_id] = replace(found, to=ended)
        return True

    def decline(self, invitation_id: str, at: datetime) -> bool:
        return self._end(invitation_id, declined_at=at)

    def clear(self, invitation_id: str, at: datetime) -> bool:
        return self._end(invitation_id, cleared_at=at)

    def withdraw_school(self, school_id: str, person_id: str, at: datetime) -> Sequence[str]:
        found = [
            one.id
            for one, to in reversed(self._newest())
            if to.person_id == person_id
            and unended(one)
            and any(grant.school_id == school_id for grant in self.grants(one.id))
        ]
        for one in found:
            left = tuple(grant for grant in self.grants(one) if grant.school_id != school_id)
            if left:
                self.state.invitation_grants[one] = left
            else:
                self.clear(one, at)
        return found

    def renew(self, invitation: Invitation) -> bool:
        found = self.state.invitations.get(invitation.id)
        if found is None or not unended(found):
            return False
        self.state.invitations[invitation.id] = replace(
            found,
            code=invitation.code,
            token=invitation.token,
            expires_at=invitation.expires_at,
            renewed_at=invitation.renewed_at,
        )
        self.state.invitation_due[invitation.id] = invitation.expires_at
        return True

    def mailed_to(self, person_id: str, email: str) -> Sequence[Invitation]:
        return [
            one
            for one, to in reversed(self._newest())
            if to.person_id == person_id and to.way is Way.EMAIL and unended(one)
            if not email or _by(to, None, email)
        ]

    def readdress(self, invitation_id: str, email: str) -> bool:
        found = self.state.invitations.get(invitation_id)
        if found is None or found.to is None or not unended(found):
            return False
        self.state.invitations[invitation_id] = replace(found, to=replace(found.to, email=email))
        return True

    def forget_address(self, invitation_id: str) -> None:
        found = self.state.invitations[invitation_id]
        if found.to is not None and not unended(found):
            self.state.invitations[invitation_id] = replace(found, to=replace(found.to, email=""))

    def newest_of(self, school_id: str, person_id: str) -> Invitation | None:
        for one, to in self._newest():
            here = any(grant.school_id == school_id for grant in self.grants(one.id))
            if to.person_id == person_id and here:
                return one
        return None

    def person_invited(
        self, school_ids: Collection[str], account: AccountKey | None, email: str
    ) -> str | None:
        members = {one.person_id for one in self.state.memberships.values() if one.school_id in school_ids}
        found = (to for _, to in self._newest() if _by(to, account, email) and to.person_id in members)
        return next((to.person_id for to in found), None)

    def awaiting_answer(
        self, person_id: str | None, account: AccountKey, email: str, *, now: datetime, limit: int
    ) -> Sequence[Invitation]:
        mine = [
            one
            for one, to in self._newest()
            if one.state(now).awaits_answer and (_by(to, account, email) or to.person_id == person_id)
        ]
        return mine[:limit]

    def unended_of(self, school_id: str, inviter_id: str) -> Sequence[str]:
        return [
            one.id
            for one, _ in reversed(self._newest())
            if (one.school_id, one.created_by) == (school_id, inviter_id) and unended(one)
        ]
