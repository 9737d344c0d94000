"""The contract of every store for what lists and filters tell of addressed invitations."""

from typing import Any

from bot.core.ids import new_code, new_token
from bot.core.invitations.addressees import Grant
from bot.core.invitations.invitations import InvitationFilter, InvitationState, Redemption
from bot.core.people.members import Standing
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import Invited, PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START


async def test_what_came_of_inviting_is_listed_and_narrowed(store: Store) -> None:
    """Each state of an invitation is one of the list, and the filter finds exactly these."""

    def unit(uow: UnitOfWork) -> None:
        maple, oak, ada = build.school(uow), build.school(uow, "Oak"), build.person(uow)
        to: dict[Invited, dict[str, object]] = {
            Invited.NOT_SENT: {},
            Invited.SCHEDULED: {"send_at": START},
            Invited.SENT: {"sent_at": START},
            Invited.NOT_DELIVERED: {"send_at": START, "send_error": "refused"},
            Invited.DECLINED: {"declined_at": START},
            Invited.CLEARED: {"cleared_at": START, "sent_at": START},
        }
        expected: dict[str, Invited] = {}

        def member(word: Invited, standing: Standing = Standing.PENDING) -> Person:
            who = build.person(uow, word.value)
            expected[build.membership(uow, maple, who, standing).id] = word
            return who

        for word, how in to.items():
            build.addressed(
                uow, oak, ada, member(word), Grant(oak.id, "Staff"), Grant(maple.id, "Staff"), **how
            )
        revoked = build.addressed(uow, maple, ada, member(Invited.REVOKED))
        assert uow.invitations.revoke(revoked.id, by=ada.id, at=START)
        expired = build.addressed(uow, maple, ada, member(Invited.EXPIRED), sent_at=START)
        assert uow.addressed.renew(replace(expired, expires_at=START))
        for standing, word in ((Standing.ACTIVE, Invited.ACCEPTED), (Standing.PENDING, Invited.PENDING)):
            who = member(word, standing)
            made = build.addressed(uow, oak, ada, who, Grant(oak.id, "Staff"), Grant(maple.id, "Staff"))
            assert uow.invitations.take_use(made.id, START)
            uow.invitations.add_redemption(Redemption(build.fresh_id(), made.id, who.id, START))
        again = member(Invited.SENT, Standing.ACTIVE)
        old = build.invitation(uow, maple, ada)
        uow.invitations.add_redemption(Redemption(build.fresh_id(), old.id, again.id, START))
        build.addressed(uow, maple, ada, again, sent_at=START)
        for accepts in (False, True):
            elsewhere = member(Invited.NOT)
            made = build.addressed(uow, oak, ada, elsewhere)
            if accepts:
                build.membership(uow, oak, elsewhere)
                uow.invitations.add_redemption(Redemption(build.fresh_id(), made.id, elsewhere.id, START))
        listed = uow.members.listed(PeopleFilter(maple.id), after=None, limit=99)
        assert {one.membership.id: one.invited for one in listed} == expected
        for word in Invited:
            found = uow.members.listed(PeopleFilter(maple.id, invited=word), after=None, limit=99)
            wanted = {of for of, one in expected.items() if one is word}
            assert {one.membership.id for one in found} == wanted, word
            assert wanted, "every word must be among the examples"
            assert uow.members.count(PeopleFilter(maple.id, invited=word)) == len(wanted)

    await store.run(unit)


async def test_the_list_shows_the_address_that_was_invited(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        nia, bob = build.person(uow, "Nia"), build.person(uow, "Bob")
        uow.people.save_details(bob.id, PersonDetails("Bob", "B", email="own@example.org"))
        for who in (nia, bob):
            build.membership(uow, maple, who, Standing.PENDING)
            build.addressed(uow, maple, ada, who, email="invited@example.org")
        listed = uow.members.listed(PeopleFilter(maple.id), after=None, limit=9)
        assert [one.email for one in listed] == ["own@example.org", "invited@example.org"]

    await store.run(unit)


async def test_what_another_school_manages_is_listed_where_it_lets_somebody_in(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia = build.person(uow), build.person(uow, "Nia")
        both = Grant(maple.id, "Staff"), Grant(oak.id, "Viewer")
        first, second = (build.addressed(uow, maple, ada, nia, *both) for _ in range(2))
        declined, late = (build.addressed(uow, maple, ada, nia, *both) for _ in range(2))
        assert uow.addressed.decline(declined.id, uow.now)
        assert uow.addressed.renew(replace(late, code=new_code(), token=new_token(), expires_at=uow.now))
        build.addressed(uow, maple, ada, nia)
        build.addressed(uow, oak, ada, nia, *both)
        wanted = InvitationFilter(now=uow.now, secrets=False, elsewhere=True)

        def listed(where: School, **how: Any) -> list[str]:
            return [one.id for one in uow.invitations.listed(where.id, replace(wanted, **how), limit=9)]

        assert listed(oak) == [second.id, first.id]
        assert listed(oak, after=second.id) == [first.id]
        assert listed(oak, text="nia") == [second.id, first.id]
        assert listed(oak, text=first.code) == []
        assert listed(oak, state=InvitationState.SENT) == []
        assert len(listed(maple)) == 1

    await store.run(unit)
