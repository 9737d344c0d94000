"""Rules of the machine: addressed invitations are sent or handed over, accepted, declined, cleared."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.core.rights.permissions import Permission
from tests.core.machine.rules_accounts import Accounts
from tests.core.machine.rules_joining import Joining
from tests.core.machine.stage import DONE
from tests.core.machine.things import Able, Invited, Place, Seat
from tests.core.machine.who import CHIEFS, NUMBER, PEOPLE


class Addressed(Joining, Accounts):
    """What people do with invitations for one person."""

    @rule(
        who=CHIEFS,
        where=NUMBER,
        whom=NUMBER,
        known=st.booleans(),
        role=st.sampled_from(["Viewer", "Staff", "School Admin"]),
        also=st.booleans(),
        hours=st.sampled_from([None, None, 48]),
    )
    def invite_person(
        self, who: str, where: int, whom: int, role: str, hours: int | None, *, known: bool, also: bool
    ) -> None:
        place = self.place(where, who)
        person = self.in_place(place, whom, who) if known else None
        own = [one.name for one in place.own_roles.values()]
        role = own[whom % len(own)] if own and where % 3 == 0 else role
        more = [one for one in self.model.places.values() if one is not place and not one.archived][
            : int(also)
        ]
        given = [(one, role) for one in (place, *more)]
        outcome = self.barrier(who, place, Permission.INVITATION_CREATE)
        outcome = outcome or self._invited(who, person, given)
        values = {"to": self.membership(place, person)} if person else {"name": "Zed"}
        values |= {"schools": ", ".join(one.id for one in more), "roles": role}
        values |= {"expires": f"{hours}h" if hours else "", "school": place.id}
        if not self.acts(who, "invite person", outcome, **values):
            return
        made = self.newest_invitation(place)
        assert made.to is not None
        assert person in {None, made.to.person_id}
        for one, _ in given:
            one.seats.setdefault(made.to.person_id, Seat("pending"))
        expires = self.door.clock.now() + timedelta(hours=hours) if hours else None
        invited = Invited(made.id, made.code, place, self.enrolled(who), role, 1, expires)
        invited.to, invited.grants, invited.by_hand = made.to.person_id, tuple(given), person is None
        if person is not None and made.to.account is None and not made.to.email:
            invited.by_hand = True
        self.model.invitations.append(invited)
        self.seen = self.look()

    def _invited(self, who: str, person: str | None, given: list[tuple[Place, str]]) -> str:
        actor = self.model.who(who)
        if person is not None and person == actor:
            return "OwnMembership"
        for place, role in given:
            able = self.model.able(actor, place, who)
            if Permission.INVITATION_CREATE not in able.holds:
                return "NotPermitted"
            target = self.model.given(person, place) if person else Able()
            if target.reach - able.reach:
                return "AboveYou"
            if not self.ceiling(who, place, role, target):
                return "RoleAboveCeiling"
        return self._pointless(person, given) if person else DONE

    def _pointless(self, person: str, given: list[tuple[Place, str]]) -> str:
        home = given[0][0]
        mine = self.model.invited(home, person)
        if mine and mine[-1].open(self.soon):
            return "AlreadyInvited"
        seats = [(place.seats.get(person), role) for place, role in given]
        if any(seat and seat.barred for seat, _ in seats):
            return "CannotInvite"
        has = all(seat and seat.standing == "active" and role in seat.roles for seat, role in seats)
        return "CannotInvite" if has and person in self.model.accounts.values() else DONE

    def _pick(self, which: int) -> Invited | None:
        some = [one for one in self.model.invitations if one.to is not None]
        return some[-1 - which % len(some)] if some else None

    @rule(who=PEOPLE, which=NUMBER, own=st.booleans())
    def accept(self, who: str, which: int, *, own: bool) -> None:
        invited = self._pick(which)
        if invited is None:
            return
        who = self._theirs(invited, who) if own else who
        mine, person = self.model.who(who), invited.to or ""
        granted = self._granted(invited, mine)
        outcome = self._answer(who, invited)
        if outcome == DONE and not granted:
            barred = [place for place, _ in invited.grants if self._bars(place, person, mine)]
            outcome = "MembershipBarred" if barred else "InvitationVoid"
        merges = mine is not None and mine != person
        everywhere = list(self.model.places.values())
        if (
            outcome == DONE
            and merges
            and any(self._bars_primary(self.model, place, person, mine or "") for place in everywhere)
        ):
            outcome = "PrimaryAdminProtected"
        entries = 2 if merges else 1
        if not self.acts(who, "invite accept", outcome, everywhere, entries, invitation=invited.code):
            return
        invited.taken = 1
        if merges and mine:
            self.model.merge(person, mine)
            self.codes = [one for one in self.codes if one[1] not in {person, mine}]
        self.model.accounts[who] = mine or person
        for place, role in granted:
            self._enters(place, mine or person, role)
        for place in {one for one, _ in invited.grants} - {one for one, _ in granted}:
            self._is_left_out(place, mine or person)

    def _is_left_out(self, place: Place, person: str) -> None:
        """Remove the pending seat of a person whom an invitation did not let in, if nothing else keeps it."""
        seat = place.seats.get(person)
        asked = self.model.asked(place, person)
        if seat is None or seat.standing != "pending" or seat.barred or self.model.waiting(place, person):
            return
        if any(one.state == "rejected" for one in asked):
            seat.standing = "rejected"
        elif not any(one.open(self.soon) for one in self.model.invited(place, person)[-1:]):
            del place.seats[person]

    def _theirs(self, invited: Invited, who: str) -> str:
        own = [name for name, person in self.model.accounts.items() if person == invited.to]
        return own[0] if own else who

    def _answer(self, who: str, invited: Invited) -> str:
        """Return DONE for the addressee or a stranger who was handed the code, else the refusal."""
        mine, person = self.model.who(who), invited.to
        alive = invited.open(self.soon)
        if person in self.model.gone:
            return "InvitationUnusable"
        seats = {place for place in self.model.places.values() if self._has(place, person or "")}
        seats |= {
            place for one in self.model.invitations if self._offers(one, person) for place, _ in one.grants
        }
        wider = any(one == person for one, _, _ in self.model.wider)
        handed = invited.by_hand and person not in self.model.accounts.values()
        vouched = not wider and seats <= {place for place, _ in invited.grants}
        vouched = vouched and not any(
            self.model.given(person or "", place).reach - self.model.able(invited.by, place).reach
            for place in seats
        )
        if mine != person and not (handed and vouched):
            return "WrongAccount" if alive else "InvitationUnusable"
        return DONE if alive else "InvitationEnded"

    def _has(self, place: Place, person: str) -> bool:
        """Tell whether a person has more in a place than the pending seat that an invitation creates."""
        seat = place.seats.get(person)
        waits = self.model.waiting(place, person) is not None or person in self.model.emails
        return seat is not None and (seat.standing != "pending" or seat.barred or waits)

    @staticmethod
    def _offers(one: Invited, person: str | None) -> bool:
        return one.to == person and not (one.revoked or one.ended or one.taken)

    def _bars(self, place: Place, person: str, mine: str | None) -> bool:
        return any(place.seats[one].barred for one in (person, mine) if one in place.seats)

    def _granted(self, invited: Invited, mine: str | None) -> list[tuple[Place, str]]:
        """Return the grants of an invitation that the inviter could still give now."""
        found = []
        for place, role in invited.grants:
            inviter = self.model.able(invited.by, place)
            may = Permission.INVITATION_CREATE in inviter.holds and invited.by not in {invited.to, mine}
            may = may and self.model.may_give(inviter, place.able_by(role), Able())
            if may and not place.archived and not self._bars(place, invited.to or "", mine):
                found.append((place, role))
        return found

    def _enters(self, place: Place, person: str, role: str) -> None:
        seat, waiting = place.seats.get(person), self.model.waiting(place, person)
        if seat is not None and seat.standing == "active":
            place.give(person, role)
            return
        if waiting is not None:
            waiting.state, waiting.decided_at = "withdrawn", self.door.clock.now()
        if place.automatic or place.skips:
            self._comes_in(place, person, role)
        else:
            self._waits(place, person, role)

    @rule(who=PEOPLE, which=NUMBER)
    def decline(self, who: str, which: int) -> None:
        invited = self._pick(which)
        if invited is None:
            return
        who = self._theirs(invited, who) if which % 2 else who
        if self.acts(who, "invite decline", self._answer(who, invited), invitation=invited.code):
            invited.ended = True

    @rule(who=CHIEFS, which=NUMBER)
    def clear(self, who: str, which: int) -> None:
        invited = self._pick(which)
        if invited is None:
            return
        outcome = self.barrier(who, invited.place, Permission.INVITATION_REVOKE)
        ended = invited.revoked or invited.ended or invited.taken
        outcome = outcome or ("InvitationDead" if ended else DONE)
        if self.acts(who, "invite clear", outcome, invitation=invited.id):
            invited.ended = True
