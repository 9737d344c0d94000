"""The contract of every store for erasing a person: nothing by them or about them is left."""

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from bot.core.ids import new_code, new_token
from bot.core.invitations import unreached
from bot.core.invitations.batches import Batch
from bot.core.invitations.invitations import Redemption
from bot.core.messages.broadcasts import BroadcastState, DeliveryMethod
from bot.core.notices.notices import Audience, CardCopy, Destination, tell
from bot.core.people.holdings import ERASED, RecordKind
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey, Platform
from bot.core.values import replace
from bot.storage.people.holdings import PLACES, persons_columns
from bot.storage.tables import (
    accounts,
    assignments,
    audit_entries,
    memberships,
    metadata,
    oneroster_users,
    password_links,
    passwords,
    person_emails,
    persons,
    schools,
    scim_due,
    scim_grants,
    scim_members,
    scim_users,
)
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.messages import fill, message

CHAT, DESK = AccountKey("discord", "1"), AccountKey("slack", "T1/U1")


def test_no_column_of_persons_is_forgotten() -> None:
    """A new table with a person in it must say here, or in `PLACES`, what merging and erasing do to it."""
    elsewhere = {
        accounts.c.person_id,
        person_emails.c.person_id,
        passwords.c.person_id,  # see `passwords.absorb`, and `forget`
        password_links.c.person_id,
        scim_users.c.person_id,  # see `scim_users.absorb`, and `forget`
        oneroster_users.c.person_id,  # see `oneroster.absorb`, and `forget`
        scim_members.c.person_id,
        scim_grants.c.person_id,
        scim_due.c.person_id,
        persons.c.merged_into,
        memberships.c.person_id,
        assignments.c.person_id,
        schools.c.primary_admin_id,
        audit_entries.c.actor_id,  # the chain is never changed
    }
    assert persons_columns() - elsewhere == {place.person for place in PLACES.values()}
    assert set(PLACES) == set(RecordKind)


async def test_the_erased_are_known_by_their_ids_only(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, ida = build.person(uow, "Ada", CHAT), build.person(uow, "Ida", DESK)
        uow.people.save_details(ada.id, PersonDetails("Ada", "L", "X", "00123", "ada@example.org"))
        uow.accounts.absorb(ida.id, ada.id)
        uow.accounts.erase(ada.id, uow.now)
        assert uow.accounts.current(ada.id) is None
        assert uow.accounts.current(ida.id) is None
        assert uow.people.accounts([ada.id, ida.id]) == []
        assert uow.people.details(ada.id) == PersonDetails()
        assert uow.people.by_email("ada@example.org") is None
        for one in (ada, ida):
            found = uow.people.by_id(one.id)
            assert found is not None
            assert found.name == ERASED

    await store.run(unit)


async def test_what_was_written_by_and_about_a_person_is_deleted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, maple = build.person(uow, "Ada", CHAT), build.person(uow, "Bob"), build.school(uow)
        own = build.invitation(uow, maple, ada, note="From me", label="Mine")
        addressed = build.invitation(uow, maple, bob, uses_allowed=1, note="For Ada")
        open_to_all = build.invitation(uow, maple, bob, note="For all")
        for one in (addressed, open_to_all):
            uow.invitations.add_redemption(Redemption(build.fresh_id(), one.id, ada.id, uow.now))
        asked = build.join_request(uow, maple, ada)
        for account in (CHAT, AccountKey("discord", "2")):
            tell(uow, asked.subject, Audience.APPLICANT, Destination.direct(account))
            to = Destination.direct(account)
            uow.card_copies.add(
                CardCopy(build.fresh_id(), asked.subject, Audience.APPLICANT, to, "c", "m", "d"), uow.now
            )
        uow.holdings.erase_texts(ada.id, [CHAT])
        found = [uow.invitations.by_id(one.id) for one in (own, addressed, open_to_all)]
        assert [one and (one.note, one.label) for one in found] == [("", ""), ("", ""), ("For all", "")]
        request = uow.join_requests.by_id(asked.id)
        assert request is not None
        assert request.account == AccountKey(ERASED, "")
        assert uow.outbox.count_waiting() == 1
        assert [copy.to.account for copy in uow.card_copies.of(asked.subject)] == ["2"]

    await store.run(unit)


async def test_erasing_deletes_the_labels_of_the_persons_batches(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, maple = build.person(uow, "Ada", CHAT), build.person(uow, "Bob"), build.school(uow)
        made = []
        for maker in (ada, bob):
            batch = Batch(build.fresh_id(), maple.id, "Doors", 1, uow.now)
            code = replace(build.invitation(uow, maple, maker), id=build.fresh_id(), batch_id=batch.id)
            build.batch(uow, batch, [replace(code, code=new_code(), token=new_token())])
            made.append(batch)
        uow.holdings.erase_texts(ada.id, [])
        labels = [one and one.label for one in (uow.batches.by_id(batch.id) for batch in made)]
        assert labels == ["", "Doors"]

    await store.run(unit)


def test_every_column_that_names_a_person_has_an_index() -> None:
    """Undoing an import searches each such column for each person that it deletes."""
    led = set()
    for table in metadata.tables.values():
        for index in table.indexes:
            (first, *_) = index.columns
            if index.info.get("where") in {None, f"{first.name} IS NOT NULL"}:
                led.add(first)
        keys = (PrimaryKeyConstraint, UniqueConstraint)
        led |= {next(iter(one.columns)) for one in table.constraints if isinstance(one, keys)}
    assert persons_columns() - led == set()


async def test_what_is_shown_and_names_somebody_is_found(store: Store) -> None:
    """A message counts if it did not reach them, since its card lists them; only what is shown counts."""

    def unit(uow: UnitOfWork) -> None:
        ada, bob, eve, maple = (
            *(build.person(uow, name) for name in ("Ada", "Bob", "Eve")),
            build.school(uow),
        )
        mine, others = (build.invitation(uow, maple, one) for one in (ada, bob))
        over = {"state": RequestState.APPROVED}
        decided, invited, neither, unseen = (
            build.join_request(uow, maple, eve, **over, **more)
            for more in (
                {"decided_by": ada.id},
                {"invitation_id": mine.id},
                {"decided_by": bob.id, "invitation_id": others.id},
                {"decided_by": ada.id},
            )
        )
        to_her, to_eve = (build.addressed(uow, maple, bob, one) for one in (ada, eve))
        build.membership(uow, maple, ada)  # she has no address, so no mail reaches her
        missed, other = (message(uow, maple, bob, state=BroadcastState.DONE) for _ in range(2))
        fill(uow, missed.id, PeopleFilter(maple.id), DeliveryMethod.MAIL)
        listed, unlisted = (unreached.subject_of(replace(to_her, created_by=one.id)) for one in (bob, eve))
        named = [mine.subject, decided.subject, invited.subject, to_her.subject, listed, missed.subject]
        for subject in (*named, others.subject, neither.subject, to_eve.subject, unlisted, other.subject):
            for _ in range(2):
                to = Destination(Platform.DISCORD, "1", "2")
                made = CardCopy(build.fresh_id(), subject, Audience.APPROVER, to, "c", build.fresh_id(), "d")
                uow.card_copies.add(made, uow.now)
        found = uow.card_copies.naming(ada.id)
        assert found == sorted(named)
        assert unseen.subject not in found
        assert uow.card_copies.naming(build.fresh_id()) == []

    await store.run(unit)
