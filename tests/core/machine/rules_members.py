"""Rules of the machine: members' states and roles, the Primary Admin, persons, transfers."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.core.rights.permissions import Permission
from tests.core.door import actions_in
from tests.core.machine.stage import DONE, UNCHANGED, Stage
from tests.core.machine.things import ADMIN, VERBS, Able, Place, Seat
from tests.core.machine.who import CHIEFS, NUMBER, SOME_ROLES, SOMEBODY

_NEEDS = {
    "suspend": Permission.MEMBER_SUSPEND,
    "reinstate": Permission.MEMBER_SUSPEND,
    "deactivate": Permission.MEMBER_DEACTIVATE,
    "reactivate": Permission.MEMBER_DEACTIVATE,
    "archive": Permission.MEMBER_ARCHIVE,
    "restore": Permission.MEMBER_ARCHIVE,
}
_VERBS = st.sampled_from(sorted(VERBS))


class Members(Stage):
    """What admins do to members."""

    @staticmethod
    def needs(verb: str) -> Permission:
        """Return the permission that a verb needs."""
        return _NEEDS[verb]

    def guard(
        self, who: str, place: Place, person: str | None, needs: Permission, *, even_primary: bool = False
    ) -> str:
        """Return DONE or the refusal of a change to a member, apart from the member's own state."""
        actor, barrier = self.model.who(who), self.barrier(who, place, needs)
        if barrier:
            return barrier
        if person is None or person not in place.seats:
            return "NotFound"
        if person == actor:
            return "OwnMembership"
        if person == place.primary and not even_primary:
            return "PrimaryAdminProtected"
        above = self.model.given(person, place).reach - self.model.able(actor, place, who).reach
        return "AboveYou" if above else DONE

    def judged(self, who: str, place: Place, person: str | None, verb: str) -> str:
        """Return DONE or the refusal of a verb."""
        outcome = self.guard(who, place, person, _NEEDS[verb])
        axis, before, _ = VERBS[verb]
        if outcome == DONE and getattr(place.seats[person or ""], axis) not in before:
            return "NothingToChange"
        return outcome

    @rule(who=CHIEFS, where=NUMBER, whom=NUMBER, verb=_VERBS)
    def change(self, who: str, where: int, whom: int, verb: str) -> None:
        place = self.place(where, who)
        person = self.in_place(place, whom, who)
        outcome = self.judged(who, place, person, verb)
        values = {"person": self.membership(place, person), "school": place.id}
        if self.acts(who, f"member {verb}", outcome, [place], **values) and person:
            self.model.do(place, person, verb)

    @rule(who=CHIEFS, where=NUMBER, whom=NUMBER)
    def remove(self, who: str, where: int, whom: int) -> None:
        place = self.place(where, who)
        person = self.in_place(place, whom, who)
        outcome = self.guard(who, place, person, Permission.MEMBER_REMOVE)
        if outcome == DONE and self.model.waiting(place, person or ""):
            outcome = "NothingToChange"
        values = {"person": self.membership(place, person), "school": place.id}
        if self.acts(who, "member remove", outcome, [place], **values) and person:
            self.model.leave(place, person)

    def ceiling(self, who: str, place: Place, role: str, target: Able | None = None) -> bool:
        """Tell whether an account may give a role."""
        giver = self.model.able(self.model.who(who), place, who)
        return self.model.may_give(giver, place.able_by(role), target or Able())

    @rule(who=CHIEFS, where=NUMBER, whom=NUMBER, wanted=SOME_ROLES, custom=NUMBER)
    def give_roles(self, who: str, where: int, whom: int, wanted: list[str], custom: int) -> None:
        place = self.place(where, who)
        person = self.in_place(place, whom, who)
        own = [one.name for one in place.own_roles.values()]
        roles = {*wanted, *([own[custom % len(own)]] if own and custom % 2 else [])}
        outcome = self.guard(who, place, person, Permission.ROLE_GRANT, even_primary=True)
        if outcome == DONE:
            outcome = self._regranted(who, place, person or "", roles)
        values = {"person": self.membership(place, person), "school": place.id}
        done = self.acts(who, "member roles", outcome, [place], roles=", ".join(sorted(roles)), **values)
        if done and person:
            place.seats[person].roles = set(roles)
            place.lead()

    def _regranted(self, who: str, place: Place, person: str, roles: set[str]) -> str:
        seat = place.seats[person]
        if seat.standing == "active" and any(place.able_by(name) is None for name in roles):
            return "RoleAboveCeiling"
        if seat.standing != "active" or seat.roles == roles:
            return "NothingToChange"
        if place.primary == person and ADMIN not in roles:
            return "PrimaryAdminProtected"
        target = self.model.given(person, place)
        allowed = all(self.ceiling(who, place, name, target) for name in seat.roles ^ roles)
        return DONE if allowed else "RoleAboveCeiling"

    @rule(who=CHIEFS, where=NUMBER, whom=NUMBER)
    def make_primary(self, who: str, where: int, whom: int) -> None:
        place = self.place(where, who)
        admins = [person for person, seat in place.seats.items() if ADMIN in seat.roles]
        person = admins[whom // 2 % len(admins)] if admins and whom % 2 else self.in_place(place, whom, who)
        outcome = self.barrier(who, place, Permission.PRIMARY_TRANSFER) or DONE
        if outcome == DONE and person is None:
            outcome = "NotFound"
        elif outcome == DONE and person not in set(place.admins()):
            outcome = "NotAdmin"
        elif outcome == DONE and person == place.primary:
            outcome = "NothingToChange"
        elif outcome == DONE and person == self.model.who(who):
            outcome = "OwnMembership"
        values = {"person": self.membership(place, person), "school": place.id, "sure": "yes"}
        if self.acts(who, "member primary", outcome, [place], **values):
            place.primary = person

    @rule(who=CHIEFS, where=NUMBER, address=NUMBER, role=st.sampled_from(["", "Staff", ADMIN]))
    def enter_person(self, who: str, where: int, address: int, role: str) -> None:
        place, email = self.place(where, who), f"n{address % 4}@example.org"
        given = role or place.default_role
        outcome = self.barrier(who, place, Permission.MEMBER_CREATE) or DONE
        if outcome == DONE and not self.ceiling(who, place, given):
            outcome = "RoleAboveCeiling"
        if outcome == DONE and email in self.model.emails.values():
            outcome = "EmailTaken"
        values = {"email": email, "first_name": "Nia", "last_name": "New", "school": place.id}
        if not self.acts(
            who, "member create", outcome, [place], **values, **({"roles": role} if role else {})
        ):
            return
        self.enrolled(who)
        fresh = {person for of, person in self.seen.seats if of == place.id} - set(place.seats)
        (person,) = fresh
        self.model.emails[person] = email
        place.seats[person] = Seat("active")
        place.give(person, given)

    @rule(who=CHIEFS, where=NUMBER, whom=NUMBER, address=NUMBER)
    def edit_person(self, who: str, where: int, whom: int, address: int) -> None:
        """Edit an e-mail address, which needs rights over the person in all their schools."""
        place, email = self.place(where, who), f"n{address % 4}@example.org"
        person = self.in_place(place, whom, who)
        taken = {other for other, one in self.model.emails.items() if one == email} - {person}
        outcome: set[str] = {self.barrier(who, place, Permission.MEMBER_EDIT) or DONE}
        if outcome == {DONE} and person is None:
            outcome = {"NotFound"}
        elif outcome == {DONE}:
            actor = self.model.who(who)
            above = self.model.given(person, place).reach - self.model.able(actor, place, who).reach
            fine = "EmailTaken" if taken else DONE
            if self.model.emails.get(person or "") == email:
                fine = "NothingToChange"
            # In other schools the person may be above the actor; another test covers that exactly.
            wary = {"AboveYou"} if above else {fine, "AboveYou"}
            outcome = wary
            if person == actor:
                seats = [one for one in self.model.places.values() if person in one.seats]
                out = [one for one in seats if self.barrier(who, one, Permission.MEMBER_EDIT)]
                outcome = {"AboveYou"} if out and fine != "NothingToChange" else {fine}
        values = {"person": self.membership(place, person), "email": email, "school": place.id}
        if self.acts(who, "member edit", outcome, **values) and person:
            self.model.emails[person] = email

    @rule(
        who=CHIEFS,
        where=NUMBER,
        whom=NUMBER,
        to=NUMBER,
        primary=st.booleans(),
        remove=st.booleans(),
        agree=SOMEBODY,
    )
    def transfer(
        self, who: str, where: int, whom: int, to: int, *, primary: bool, remove: bool, agree: str
    ) -> None:
        place = self.place(where, who)
        source, target = self.in_place(place, whom, who), self.in_place(place, to)
        wishes = {name: "yes" for name, one in (("primary", primary), ("remove", remove)) if one}
        outcome = self._transferred(who, place, source, target, primary=primary, remove=remove)
        values = {"person": self.membership(place, source), "to": self.membership(place, target)}
        self.acts(who, "member transfer", outcome, **values, **wishes, school=place.id)
        if self.outcome != UNCHANGED:
            return
        do = actions_in(self.reply)["Transfer"]
        if agree != who and self.barrier(agree, place, Permission.MEMBER_TRANSFER):
            self.acts(agree, do.command, {"NotFound", "NotPermitted"}, **do.values)
        assert self.acts(who, do.command, DONE, [place], **do.values)
        assert source is not None
        assert target is not None
        for invited in self.model.invitations:
            if invited.place is place and invited.by == source:
                invited.by = target
        if primary:
            place.primary = target
        if remove:
            del place.seats[source]
            self.model.uninvite(place, source)

    def _transferred(
        self, who: str, place: Place, source: str | None, target: str | None, *, primary: bool, remove: bool
    ) -> set[str]:
        """Return the possible outcomes of a transfer; the model does not know what there is to transfer."""
        if barrier := self.barrier(who, place, Permission.MEMBER_TRANSFER):
            return {barrier}
        if source is None or target is None:
            return {"NotFound"}
        if source == target:
            return {"SamePerson"}
        able = self.model.able(self.model.who(who), place, who)
        wrong = set()
        if not place.seats[target].works:
            wrong.add("NothingToChange")
        if self.model.given(source, place).reach - able.reach:
            wrong.add("AboveYou")
        if remove:
            wrong |= {self.guard(who, place, source, Permission.MEMBER_REMOVE)} - {DONE}
            if place.seats[source].standing == "pending":
                wrong.add("NothingToChange")
        if primary:
            wrong |= self._not_primary(place, source, target, able)
            if target == self.model.who(who):
                wrong.add("OwnMembership")  # people cannot make themselves the Primary Admin
        # Refused, too, if the actor could not have made the invitations that would be transferred.
        return wrong or {UNCHANGED, "NothingToChange", "RoleAboveCeiling"}

    @staticmethod
    def _not_primary(place: Place, source: str, target: str, able: Able) -> set[str]:
        """Return the refusals of passing on the position of Primary Admin."""
        wrong = set() if Permission.PRIMARY_TRANSFER in able.holds else {"NotPermitted"}
        wrong |= set() if place.primary == source else {"NothingToChange"}
        return wrong | (set() if ADMIN in place.seats[target].roles else {"NotAdmin"})
