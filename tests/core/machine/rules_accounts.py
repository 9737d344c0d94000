"""Rules of the machine: accounts are linked and unlinked, persons are merged and erased."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.core.people.accounts import handle
from bot.core.rights.permissions import Permission
from tests.core.door import actions_in, heard
from tests.core.machine.model import Model
from tests.core.machine.rules_members import Members
from tests.core.machine.stage import DONE, UNCHANGED
from tests.core.machine.things import ADMIN, Place
from tests.core.machine.who import CHIEFS, NUMBER, PEOPLE
from tests.core.people.test_accounts import code_in
from tests.world import caller

_CODES_LIVE = timedelta(hours=24)


class Accounts(Members):
    """What people do with their accounts and with their own persons."""

    @rule(who=PEOPLE)
    def offer(self, who: str) -> None:
        told = self.acts(who, "account link", DONE)
        assert told is not None
        person = self.enrolled(who)
        self.codes = [one for one in self.codes if one[1] != person]
        self.codes.append((code_in(heard(told)), person, self.door.clock.now()))

    @rule(who=PEOPLE, which=NUMBER)
    def link(self, who: str, which: int) -> None:
        if not self.codes:
            return
        code, asker, made = self.codes[which % len(self.codes)]
        person = self.model.who(who)
        if self.soon >= made + _CODES_LIVE:
            self.codes.remove((code, asker, made))
            self.acts(who, "account link", "ClaimUnusable", code=code)
        elif person is None:
            assert self.acts(who, "account link", DONE, self.model.places.values(), code=code)
            self.model.accounts[who] = asker
            self.codes.remove((code, asker, made))
        elif person == asker:
            self.acts(who, "account link", "AlreadyLinked", code=code)
        else:
            self._merge(who, code, person, asker)

    def _merge(self, who: str, code: str, source: str, target: str) -> None:
        everywhere = list(self.model.places.values())
        if any(self._bars_primary(self.model, place, source, target) for place in everywhere):
            self.acts(who, "account link", "PrimaryAdminProtected", code=code)
            return
        told = self.acts(who, "account link", {DONE, UNCHANGED}, everywhere, code=code)
        if told is None:
            do = actions_in(self.reply)["Link and merge"]
            assert self.acts(who, do.command, DONE, everywhere, **do.values)
        self.model.merge(source, target)
        self.codes = [one for one in self.codes if one[1] not in {source, target}]

    @staticmethod
    def _bars_primary(model: Model, place: Place, source: str, target: str) -> bool:
        """Tell whether a merge would leave a school with a Primary Admin who is not an active admin."""
        if source not in place.seats or place.primary not in {source, target}:
            return False
        merged = model.together(place.seats[source], place.seats.get(target))
        return not (merged.works and ADMIN in merged.roles)

    @rule(who=PEOPLE, which=NUMBER)
    def unlink(self, who: str, which: int) -> None:
        person = self.model.who(who)
        own = [name for name, one in self.model.accounts.items() if one == person]
        if person is None:
            self.acts(who, "account unlink", "ActorUnknown", account="web:nobody")
            return
        gone = own[which % len(own)]
        outcome = "MembershipBarred" if self.model.barred_anywhere(person) else DONE
        outcome = "LastAccount" if len(own) == 1 else outcome
        if self.acts(
            who,
            "account unlink",
            outcome,
            self.model.places.values(),
            account=handle(caller(gone).account),
        ):
            del self.model.accounts[gone]

    @rule(who=PEOPLE, where=NUMBER, sure=st.booleans())
    def leave(self, who: str, where: int, *, sure: bool) -> None:
        person = self.model.who(who) or ""
        own = [one for one in self.model.places.values() if person in one.seats and not one.archived]
        if not own:
            return
        place = own[where % len(own)]
        outcome = DONE if sure else UNCHANGED
        if place.seats[person].barred:
            outcome = "MembershipBarred"
        elif place.seats[person].standing == "pending":
            outcome = "NothingToChange"
        elif place.primary == person:
            outcome = "PrimaryAdminProtected"
        values = {"school": place.id, "sure": "yes" if sure else ""}
        if self.acts(who, "account leave", outcome, [place], **values) and outcome == DONE:
            self.model.leave(place, person)

    @rule(who=PEOPLE, sure=st.booleans())
    def erase_oneself(self, who: str, *, sure: bool) -> None:
        person = self.model.who(who)
        outcome = DONE if sure else UNCHANGED
        if person is None:
            outcome = "ActorUnknown"
        elif self.model.barred_anywhere(person):
            outcome = "MembershipBarred"
        elif self.model.leads_anywhere(person):
            outcome = "PrimaryAdminProtected"
        done = self.acts(
            who, "account erase", outcome, self.model.places.values(), sure="yes" if sure else ""
        )
        if done and person:
            self._forget(person)

    @rule(who=CHIEFS, where=NUMBER, whom=NUMBER)
    def erase(self, who: str, where: int, whom: int) -> None:
        """Erase a person, which needs the right to remove them from all schools where they are members."""
        place = self.place(where, who)
        person = self.in_place(place, whom, who)
        outcome = {self.guard(who, place, person, Permission.MEMBER_REMOVE)}
        if outcome == {DONE} and person:
            outcome |= {"AboveYou"}
            actor = self.model.who(who)
            for other in self.model.places.values():
                able = self.model.able(actor, other, who)
                if person in other.seats and Permission.MEMBER_REMOVE not in able.holds:
                    outcome = {"NotYoursToErase", "AboveYou"}
                elif person in other.seats and self.model.given(person, other).reach - able.reach:
                    outcome -= {DONE}
            if DONE in outcome and self.model.leads_anywhere(person):
                outcome = {"PrimaryAdminProtected", "AboveYou"}
        values = {"person": self.membership(place, person), "school": place.id, "sure": "yes"}
        done = self.acts(who, "member erase", outcome, self.model.places.values(), **values)
        if done and person:
            self._forget(person)

    def _forget(self, person: str) -> None:
        self.model.erase(person)
        self.codes = [one for one in self.codes if one[1] != person]
