"""What the machine believes: plain sets and dictionaries, and the laws of the design in a few lines each.

It knows nothing of how the core does things. Persons and schools are known by the ids they are stored under.
"""

from dataclasses import dataclass, field

from bot.core.permissions import Permission as P  # noqa: N817 - as in the core's own table
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
    """All that the machine believes."""

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
        """Everybody who was ever met and is still somebody."""
        seated = [who for place in self.places.values() for who in place.seats]
        # In the order in which they came: what a run picks must not depend on how ids fall out.
        return list(dict.fromkeys([*self.accounts.values(), *seated, *(who for who, _, _ in self.wider)]))

    def rules(self, account: str | None = None, person: str | None = None) -> bool:
        """Whether the settings make somebody a System Administrator."""
        ruler = self.accounts.get(self.root)
        return account == self.root or (person is not None and person == ruler)

    def over(self, person: str | None, district: str | None) -> Able:
        """What somebody's roles over a district let them do."""
        found = Able()
        for who, where, role in self.wider:
            if (who, where) == (person, district):
                found |= Able(*DISTRICT_ROLES[role])
        return found

    def given(self, person: str | None, place: Place) -> Able:
        """What somebody was given at a school and above it, whether or not it works."""
        if self.rules(person=person):
            return ALL
        found = self.over(person, place.district)
        seat = place.seats.get(person or "")
        for role in seat.roles if seat else ():
            found |= place.able_by(role) or Able()
        return found

    def able(self, person: str | None, place: Place, account: str | None = None) -> Able:
        """What somebody may do at a school now."""
        if self.rules(account, person):
            return ALL
        above = self.over(person, place.district)
        seat = place.seats.get(person or "")
        if place.archived:
            return above if P.DISTRICT_MANAGE in above.holds else Able()
        return self.given(person, place) if seat and seat.works else above

    def may_give(self, giver: Able, role: Able | None, target: Able) -> bool:
        """The grant ceiling: sets, never ranks."""
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
        """Tell whether any place keeps somebody out; who asks once more is rejected until they are let in."""
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
        """End all invitations that somebody has made for a school."""
        for one in self.invitations:
            if one.place is place and one.by == person and one.revocable:
                one.revoked = True

    def do(self, place: Place, person: str, verb: str) -> None:
        """Do a verb of the table to a seat."""
        axis, _, after = VERBS[verb]
        setattr(place.seats[person], axis, after)
        place.turns.append((person, after))
        if verb in ENDING:
            self.stop_inviting(place, person)
        place.lead()

    def leave(self, place: Place, person: str) -> None:
        """End a membership; what the place has offered to them and they have not answered ends with it."""
        self.stop_inviting(place, person)
        del place.seats[person]
        self.uninvite(place, person)

    def uninvite(self, place: Place, person: str) -> None:
        """Offer a place to somebody no more, by no invitation that they have not answered."""
        for one in self.invited(place, person):
            if one.revocable:
                left = tuple(grant for grant in one.grants if grant[0] is not place)
                one.grants, one.ended = left or one.grants, not left

    def invited(self, place: Place, person: str) -> list[Invited]:
        """List the invitations to a school that are for somebody, oldest first."""
        return [one for one in self.invitations if one.to == person and place in dict(one.grants)]

    def merge(self, source: str, target: str) -> None:
        """Make one person of two: the stricter state wins on every axis."""
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
        """The stricter of two states on every axis, and all roles; whoever is turned away keeps none."""
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
        """Tell whom somebody has proved to be."""
        return self.current(self.became[person]) if person in self.became else person

    def erase(self, person: str) -> None:
        """Forget a person: what is under way ends."""
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
