"""Rules of the machine: invitations for everyone, join requests, decisions, and time."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.core.rights.permissions import Permission
from tests.core.machine.stage import DONE, UNCHANGED, Stage
from tests.core.machine.things import ADMIN, ASK_AGAIN, Able, Asked, Invited, Place, Seat
from tests.core.machine.who import CHIEFS, NUMBER, PEOPLE, SOMEBODY

WAITS = "RequestPending"


class Joining(Stage):
    """What people do to join a school, and what approvers decide."""

    @rule(
        who=CHIEFS,
        where=NUMBER,
        role=st.sampled_from(["", "", "Staff", ADMIN, "Nonsense"]),
        uses=st.sampled_from([None, None, 1, 2]),
        hours=st.sampled_from([None, None, 48]),
    )
    def invite(self, who: str, where: int, role: str, uses: int | None, hours: int | None) -> None:
        place, actor = self.place(where, who), self.model.who(who)
        outcome = self.barrier(who, place, Permission.INVITATION_CREATE) or DONE
        given = place.able_by(role or place.default_role)
        if outcome == DONE and not self.model.may_give(self.model.able(actor, place, who), given, Able()):
            outcome = "RoleAboveCeiling"
        values = {"role": role, "uses": str(uses or ""), "expires": f"{hours}h" if hours else ""}
        if self.acts(who, "invite create", outcome, school=place.id, **values):
            made = self.newest_invitation(place)
            expires = self.door.clock.now() + timedelta(hours=hours) if hours else None
            self.model.invitations.append(
                Invited(made.id, made.code, place, self.enrolled(who), role or None, uses, expires)
            )
            self.seen = self.look()

    @rule(who=CHIEFS, which=NUMBER)
    def revoke(self, who: str, which: int) -> None:
        if not self.model.invitations:
            return
        invited = self.model.invitations[which % len(self.model.invitations)]
        outcome = self.barrier(who, invited.place, Permission.INVITATION_REVOKE)
        over = UNCHANGED if invited.revoked else "InvitationDead"
        outcome = outcome or (DONE if invited.revocable else over)
        if outcome == UNCHANGED and self.model.who(who) is None:
            return  # it creates the person of an account named in the settings, and changes nothing else
        if self.acts(who, "invite revoke", outcome, invitation=invited.id):
            self.enrolled(who)
            invited.revoked = True

    @rule(who=PEOPLE, which=NUMBER)
    def redeem(self, who: str, which: int) -> None:
        open_ones = [one for one in self.model.invitations if one.to is None]
        if not open_ones:
            return
        invited = open_ones[-1 - which % len(open_ones)]
        place = invited.place
        outcome = self._redeemed(who, invited)
        if self.acts(who, "join", outcome, [place], code=invited.code):
            person, role = self.enrolled(who), invited.role or place.default_role
            invited.taken += 1
            if place.automatic or place.skips:
                self._comes_in(place, person, role)
            else:
                self._waits(place, person, role)

    def _redeemed(self, who: str, invited: Invited) -> str:
        place, person = invited.place, self.model.who(who)
        seat = place.seats.get(person or "")
        if place.archived:
            return "InvitationUnusable"
        asked = self.model.asked(place, person or "")
        lets_in = invited.open(self.soon) and (place.automatic or place.skips)
        lets_in = lets_in and all(one.state != "rejected" for one in asked)
        if seat and (known := self._known(place, person or "")) and not (lets_in and known == WAITS):
            return known
        if not invited.open(self.soon):
            knows = Permission.INVITATION_READ in self.model.able(person, place, who).holds
            return "InvitationDead" if knows else "InvitationUnusable"
        inviter = self.model.able(invited.by, place)
        role = place.able_by(invited.role or place.default_role)
        may = Permission.INVITATION_CREATE in inviter.holds
        if not (may and role is not None and self.model.may_give(inviter, role, Able())):
            return "InvitationUnusable"
        own = self.model.able(person, place, who)
        more = not (role.holds <= own.holds and role.reach <= own.reach)
        return "OwnMembership" if person == invited.by and more else DONE

    def _known(self, place: Place, person: str) -> str | None:
        """Return the refusal for a person who has a seat already; None if they may join or ask."""
        seat = place.seats[person]
        if seat.barred:
            return "MembershipBarred"
        if seat.standing == "active":
            return "AlreadyMember"
        return WAITS if self.model.waiting(place, person) else None

    def _comes_in(self, place: Place, person: str, role: str) -> None:
        if (waiting := self.model.waiting(place, person)) is not None:
            waiting.state, waiting.decided_at = "withdrawn", self.door.clock.now()
        place.seats.setdefault(person, Seat("active")).standing = "active"
        place.give(person, role)

    @rule(who=PEOPLE, where=NUMBER)
    def ask(self, who: str, where: int) -> None:
        place, person = self.place(where), self.model.who(who) or ""
        seat = place.seats.get(person)
        if place.archived or not place.public:
            outcome = "NotFound"  # the same answer as for a school that does not exist
        elif seat and seat.standing == "rejected" and not seat.kept_out:
            last = self.model.asked(place, person)[-1:]
            decided = last[0].decided_at if last else None
            outcome = "AskAgainLater" if decided and decided + ASK_AGAIN > self.soon else DONE
        else:
            known = self._known(place, person) if seat else None
            turned_away = any(one.state == "rejected" for one in self.model.asked(place, person))
            waits_no_more = known == WAITS and place.automatic and not turned_away
            outcome = DONE if known is None or waits_no_more else known
        if not self.acts(who, "join", outcome, [place], school=place.id):
            return
        person = self.enrolled(who)
        if place.automatic and (seat is None or seat.standing == "pending"):
            self._comes_in(place, person, place.default_role)
        else:
            self._waits(place, person, place.default_role)

    def _waits(self, place: Place, person: str, role: str) -> None:
        place.seats.setdefault(person, Seat("pending")).standing = "pending"
        known = {one.id for one in self.model.requests}
        asked = {one for one, (at, by, _) in self.seen.requests.items() if (at, by) == (place.id, person)}
        (request,) = asked - known
        self.model.requests.append(Asked(request, place, person, role))

    def _decided(self, which: int, who: str) -> tuple[Asked, str] | None:
        """Pick a request, mostly a pending one, and return it with the outcome of deciding it."""
        waiting = [one for one in self.model.requests if one.state == "pending"]
        some = waiting if waiting and which % 4 else self.model.requests
        if not some:
            return None
        ask = some[which % len(some)]
        person = self.model.who(who)
        own = person is not None and ask.person == person
        outcome = self.barrier(who, ask.place, Permission.REQUEST_DECIDE)
        if own and outcome == "NotFound":
            outcome = "NotPermitted"  # applicants know that their own request exists
        if outcome is None and own:
            outcome = "OwnRequest"
        if outcome is None and ask.state != "pending":
            outcome = "AlreadyDecided"
        return ask, outcome or DONE

    @rule(who=CHIEFS, which=NUMBER, role=st.sampled_from(["", "", "Staff", ADMIN]))
    def approve(self, who: str, which: int, role: str) -> None:
        found = self._decided(which, who)
        if found is None:
            return
        (ask, outcome), place = found, found[0].place
        given = role or ask.role
        if outcome == DONE:
            able, target = (
                self.model.able(self.model.who(who), place, who),
                self.model.given(ask.person, place),
            )
            if place.able_by(given) is None:
                outcome = "RoleAboveCeiling"
            elif place.seats[ask.person].kept_out:
                outcome = "ApplicantBarred"
            elif not self.model.may_give(able, place.able_by(given), target):
                outcome = "AboveYou" if target.reach - able.reach else "RoleAboveCeiling"
        if self.acts(who, "request approve", outcome, [place], request=ask.id, role=role):
            self._settle(ask, who, "approved", "active")
            place.give(ask.person, given)

    @rule(who=CHIEFS, which=NUMBER)
    def reject(self, who: str, which: int) -> None:
        found = self._decided(which, who)
        if found and self.acts(who, "request reject", found[1], [found[0].place], request=found[0].id):
            self._settle(found[0], who, "rejected", "rejected")

    def _settle(self, ask: Asked, who: str, state: str, standing: str) -> None:
        self.enrolled(who)
        ask.state, ask.decided_at = state, self.door.clock.now()
        ask.place.seats[ask.person].standing = standing

    @rule(who=SOMEBODY, which=NUMBER)
    def withdraw(self, who: str, which: int) -> None:
        person = self.model.who(who)
        own = [one for one in self.model.requests if one.person == person]
        some = own if own and which % 3 else self.model.requests
        if not some:
            return
        ask = some[which % len(some)]
        if person is None or ask.person != person:
            outcome = "NotFound"
        elif ask.state != "pending":
            outcome = "AlreadyDecided"
        else:
            outcome = DONE
        if not self.acts(who, "request withdraw", outcome, [ask.place], request=ask.id):
            return
        ask.state, ask.decided_at = "withdrawn", self.door.clock.now()
        seat = ask.place.seats[ask.person]
        if seat.kept_out or any(one.state == "rejected" for one in self.model.asked(ask.place, ask.person)):
            seat.standing = "rejected"
        elif not any(one.open(self.soon) for one in self.model.invited(ask.place, ask.person)[-1:]):
            del ask.place.seats[ask.person]

    @rule(span=st.sampled_from([timedelta(hours=1), timedelta(days=2), ASK_AGAIN]))
    def time_passes(self, span: timedelta) -> None:
        self.door.clock.forward(span)
