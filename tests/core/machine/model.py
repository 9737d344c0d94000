"""The model: plain sets and dictionaries, and the rules of the domain in a few lines each.

It does not depend on how the core does things. Persons and schools are named by their stored ids.
"""

from dataclasses import dataclass, field

from bot.core.rights.permissions import Permission as P  # noqa: N817 - as in the core's own table
from tests.core.machine.things import (
    ALL,
    DISTRICT_ROLES,
    ENDING,
    STRICTEST,
    VERBS,
    Able,
    Asked,
    Invited,
    Place,
    Seat,
)


@dataclass
class Model:
    """The expected state of the town."""

    root: str
    places: dict[str, Place] = field(default_factory=dict)
    districts: dict[str, bool] = field(default_factory=dict)
    wider: list[tuple[str, str, str]] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    became: dict[str, str] = field(default_factory=dict)
    invitations: list[Invited] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)

    def who(self, account: str) -> str | None:
        return self.accounts.get(account)

    def people(self) -> list[str]:
        """List everyone who is known and has been neither merged nor erased."""
        seated = [who for place in self.places.values() for who in place.seats]
        # In the order of their arrival, since what a run picks must not depend on random ids.
        return list(dict.fromkeys([*self.accounts.values(), *seated, *(who for who, _, _ in self.wider)]))

    def rules(self, account: str | None = None, person: str | None = None) -> bool:
        """Tell whether the settings make an account or a person a System Administrator."""
        ruler = self.accounts.get(self.root)
        return account == self.root or (person is not None and person == ruler)

    def over(self, person: str | None, district: str | None) -> Able:
        """Return what a person's roles over a district allow."""
        found = Able()
        for who, where, role in self.wider:
            if (who, where) == (person, district):
                found |= Able(*DISTRICT_ROLES[role])
        return found

    def given(self, person: str | None, place: Place) -> Able:
        """Return what a person was given at a school and above it, even if it does not count at present."""
        if self.rules(person=person):
            return ALL
        found = self.over(person, place.district)
        seat = place.seats.get(person or "")
        for role in seat.roles if seat else ():
            found |= place.able_by(role) or Able()
        return found

    def able(self, person: str | None, place: Place, account: str | None = None) -> Able:
        """Return what a person may do at a school now."""
        if self.rules(account, person):
            return ALL
        above = self.over(person, place.district)
        seat = place.seats.get(person or "")
        if place.archived:
            return above if P.DISTRICT_MANAGE in above.holds else Able()
        return self.given(person, place) if seat and seat.works else above

    def may_give(self, giver: Able, role: Able | None, target: Able) -> bool:
        """Tell whether the grant ceiling allows to give a role; it compares sets, never ranks."""
        return (
            role is not None
            and P.ROLE_GRANT in giver.holds
            and role.reach <= giver.reach
            and target.reach <= giver.reach
        )

    def waiting(self, place: Place, person: str) -> Asked | None:
        own = (one for one in self.asked(place, person) if one.state == "pending")
        return next(own, None)

    def asked(self, place: Place, person: str) -> list[Asked]:
        return [one for one in self.requests if one.place is place and one.person == person]

    def barred_anywhere(self, person: str) -> bool:
        """Tell whether a place bars a person; who was rejected and asks again is barred until approved."""
        return any(
            place.seats[person].barred or self._asks_once_more(place, person)
            for place in self.places.values()
            if person in place.seats
        )

    def _asks_once_more(self, place: Place, person: str) -> bool:
        waits = place.seats[person].standing == "pending"
        return waits and any(one.state == "rejected" for one in self.asked(place, person))

    def leads_anywhere(self, person: str) -> bool:
        return any(place.primary == person for place in self.places.values())

    def stop_inviting(self, place: Place, person: str) -> None:
        """Revoke all invitations that a person has made for a school."""
        for one in self.invitations:
            if one.place is place and one.by == person and one.revocable:
                one.revoked = True

    def do(self, place: Place, person: str, verb: str) -> None:
        """Change a seat by a verb of `VERBS`."""
        axis, _, after = VERBS[verb]
        setattr(place.seats[person], axis, after)
        place.turns.append((person, after))
        if verb in ENDING:
            self.stop_inviting(place, person)
        place.lead()

    def leave(self, place: Place, person: str) -> None:
        """End a membership, and withdraw the place from unanswered invitations for that person."""
        self.stop_inviting(place, person)
        del place.seats[person]
        self.uninvite(place, person)

    def uninvite(self, place: Place, person: str) -> None:
        """Withdraw a place from unanswered invitations for a person; one without other places ends."""
        for one in self.invited(place, person):
            if one.revocable:
                left = tuple(grant for grant in one.grants if grant[0] is not place)
                one.grants, one.ended = left or one.grants, not left

    def invited(self, place: Place, person: str) -> list[Invited]:
        """List the invitations to a school that are for a person, oldest first."""
        return [one for one in self.invitations if one.to == person and place in dict(one.grants)]

    def merge(self, source: str, target: str) -> None:
        """Merge a person into another; the stricter state wins on every axis."""
        for place in self.places.values():
            place.turns = [(target if who == source else who, to) for who, to in place.turns]
            if source in place.seats:
                self._seat_together(place, source, target)
        self._move_records(source, target)

    def _seat_together(self, place: Place, source: str, target: str) -> None:
        one, other = place.seats.pop(source), place.seats.get(target)
        here = [seat for seat in (one, other) if seat]
        merged = self.together(one, other)
        if any(seat.works for seat in here) and not merged.works:
            for who in (source, target):
                self.stop_inviting(place, who)
        place.seats[target] = merged
        waiting = [ask for who in (source, target) if (ask := self.waiting(place, who))]
        waiting.sort(key=lambda ask: ask.id)
        for ask in waiting[merged.standing == "pending" :]:
            ask.state = "withdrawn"
        if place.primary == source:
            place.primary = target

    @staticmethod
    def together(one: Seat, other: Seat | None) -> Seat:
        """Return a seat with the stricter state on every axis and all roles, or none if it is rejected."""
        if other is None:
            return one
        states = [
            min(pair, key=order.index)
            for order, pair in zip(STRICTEST, zip(one.states, other.states, strict=True), strict=True)
        ]
        merged = Seat(states[0], states[1], states[2], one.roles | other.roles)
        if merged.standing == "rejected":
            merged.roles = set()
        return merged

    def _move_records(self, source: str, target: str) -> None:
        moved = [(target if who == source else who, where, role) for who, where, role in self.wider]
        self.wider = list(dict.fromkeys(moved))
        self.accounts = {key: target if who == source else who for key, who in self.accounts.items()}
        email = self.emails.pop(source, "")
        if email:
            self.emails.setdefault(target, email)
        for invited in self.invitations:
            invited.by = target if invited.by == source else invited.by
            invited.to = target if invited.to == source else invited.to
        for ask in self.requests:
            ask.person = target if ask.person == source else ask.person
        self.gone.add(source)
        self.became[source] = target

    def current(self, person: str) -> str:
        """Return the person into whom a person was merged, or the person itself."""
        return self.current(self.became[person]) if person in self.became else person

    def erase(self, person: str) -> None:
        """Erase a person, which ends their memberships, requests and invitations."""
        for place in self.places.values():
            self.stop_inviting(place, person)
            place.seats.pop(person, None)
        for ask in self.requests:
            if ask.person == person and ask.state == "pending":
                ask.state = "withdrawn"
        for one in self.invitations:
            one.ended = one.ended or (one.to == person and one.revocable)
        self.wider = [one for one in self.wider if one[0] != person]
        self.accounts = {key: who for key, who in self.accounts.items() if who != person}
        self.emails.pop(person, None)
        self.gone.add(person)
