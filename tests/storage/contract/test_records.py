"""The contract of every store for card copies and the audit log."""

from datetime import timedelta

import pytest

from bot.core.audit import GENESIS, SYSTEM_CHAIN, AuditEntry
from bot.core.invitations.addressees import Addressee
from bot.core.notices.notices import Audience, CardCopy, Destination, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person, Platform, WorkspaceKey
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.storage import audit as stored_audit
from tests.chains import flaws
from tests.storage import build
from tests.storage.build import MAPLE
from tests.storage.conftest import Store
from tests.world import START


def _notice(key: str) -> Notice:
    to = Destination.direct(AccountKey("discord", "1"))
    return Notice(build.fresh_id(), key, "join_request:1", Audience.APPROVER, to, START)


async def test_copies_of_cards(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        channel = Destination.in_channel(MAPLE, "c")
        made = [
            CardCopy(
                build.fresh_id(),
                subject,
                Audience.APPLICANT,
                channel,
                "c",
                "m",
                "old",
            )
            for subject in ("join_request:1", "join_request:1", "join_request:2")
        ]
        for one in made:
            uow.card_copies.add(one, START)
        assert uow.card_copies.of("join_request:1") == made[:2]
        assert uow.card_copies.of("join_request:3") == []
        uow.card_copies.mark_redrawn(made[0].id, "new", START)
        assert uow.card_copies.by_id(made[0].id) == replace(made[0], drawn="new")
        uow.card_copies.mark_redrawn(made[0].id, "long", START, "m,n")
        assert uow.card_copies.by_id(made[0].id) == replace(made[0], drawn="long", message="m,n")
        assert uow.card_copies.by_id(made[1].id) == made[1]
        assert uow.card_copies.by_id(build.fresh_id()) is None

    await store.run(unit)


async def test_what_is_shown_in_a_workspace_is_found(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        elsewhere = (WorkspaceKey(Platform.SLACK, MAPLE.external_id), WorkspaceKey(MAPLE.platform, "elm"))
        here = [Destination.in_channel(MAPLE, one) for one in ("1", "2")]
        there = [Destination.in_channel(one, "1") for one in elsewhere]
        direct = Destination.direct(AccountKey(MAPLE.platform, MAPLE.external_id))
        for to in (*here, *there, direct):
            uow.card_copies.add(CardCopy(build.fresh_id(), "x:1", Audience.ADMIN, to, "c", "m", "old"), START)
        assert [one.to for one in uow.card_copies.in_workspace(MAPLE)] == here
        assert [one.to for one in uow.card_copies.in_workspace(elsewhere[0])] == there[:1]

    await store.run(unit)


async def test_what_is_forgotten_of_a_place_is_its_own(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        nia, places = AccountKey("discord", "1"), ("discord", "slack")
        direct = [Destination.direct(AccountKey(one, "1")) for one in places]
        here, there = Destination.in_channel(MAPLE, "1"), Destination.in_channel(MAPLE, "2")
        for to in (*direct, here, there):
            uow.card_copies.add(CardCopy(build.fresh_id(), "x:1", Audience.ADMIN, to, "c", "m", "old"), START)
        uow.card_copies.forget(Destination.direct(nia))
        assert [one.to for one in uow.card_copies.of("x:1")] == [direct[1], here, there]
        uow.card_copies.forget(here)
        assert [one.to for one in uow.card_copies.of("x:1")] == [direct[1], there]

    await store.run(unit)


async def test_an_audit_entry_takes_any_settings(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, maple = build.person(uow), build.school(uow)
        text = '“ä” 学 "number":0,\n\\ $1 %s :x \x7f'
        values = {
            "text": text,
            "number": 5,
            "old": {"previous": ""},
            "none": None,
            "yes": True,
            "list": ["a", 1],
        }
        entry = AuditEntry(
            build.fresh_id(), START, maple.id, ada.id, "web", "school.edited", maple.subject, values, {}
        )
        uow.audit.add(entry)
        for school_id in (maple.id, None, None):
            uow.audit.add(replace(entry, id=build.fresh_id(), school_id=school_id, actor_id=None))
        assert uow.audit.by_id(entry.id) == entry
        assert uow.audit.by_id(build.fresh_id()) is None
        chains = {name: list(uow.audit.chain(name)) for name in uow.audit.chains()}
        assert {len(chain) for chain in chains.values()} == {2}
        assert flaws(uow) == {None}

    await store.run(unit)


class _Broken(Exception):
    pass


async def test_a_unit_that_fails_leaves_nothing(store: Store) -> None:
    def fails(uow: UnitOfWork) -> None:
        build.school(uow)
        build.person(uow, "Ada", AccountKey("web", "ada"))
        uow.outbox.add(_notice("a"))
        raise _Broken

    with pytest.raises(_Broken):
        await store.run(fails)
    assert await store.read(lambda uow: uow.people.by_account(AccountKey("web", "ada"))) is None
    assert await store.read(lambda uow: uow.outbox.count_waiting()) == 0


async def test_what_somebody_asked_for_and_was_offered_is_theirs_and_who_has_left_is_known(
    store: Store,
) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia, leo = (build.person(uow, name) for name in ("Ada", "Nia Lund", "Leo"))
        asked = build.join_request(uow, maple, nia)
        offered = build.invitation(uow, maple, ada, to=Addressee(nia.id, "Nia"))
        other = build.invitation(uow, maple, ada)
        for action, school, by, subject in (
            ("join_request.approved", maple, ada, asked.subject),
            ("invitation.created", maple, ada, offered.subject),
            ("invitation.revoked", maple, ada, other.subject),
            ("member.removed", maple, ada, f"person:{nia.id}"),
            ("member.removed", oak, ada, f"person:{leo.id}"),
        ):
            at = uow.now
            uow.audit.add(AuditEntry(build.fresh_id(), at, school.id, by.id, "web", action, subject))

        def found(who: Person) -> list[str]:
            listed = uow.audit.listed(maple.id, action="", person_id=who.id, after=None, limit=9)
            return [one.action for one in listed]

        assert found(nia) == ["member.removed", "invitation.created", "join_request.approved"]
        assert len(found(ada)) == 4
        assert found(leo) == []
        assert uow.audit.ids_by_name(maple.id, "NIA LUND") == [nia.id]
        assert uow.audit.ids_by_name(maple.id, "Ada") == [ada.id], "who only did something"
        assert uow.audit.ids_by_name(maple.id, "Nia") == uow.audit.ids_by_name(maple.id, "Leo") == []
        assert uow.audit.ids_by_name(oak.id, "Leo") == [leo.id]
        uow.accounts.absorb(nia.id, ada.id)
        assert uow.audit.ids_by_name(maple.id, "Nia Lund") == [ada.id]
        uow.accounts.erase(leo.id, uow.now)
        assert uow.audit.ids_by_name(oak.id, "Leo") == []

    await store.run(unit)


async def test_a_chain_is_read_in_parts_and_its_head_says_where_it_ends(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        assert uow.audit.head(maple.id) == (0, GENESIS)
        for number in range(5):
            made = AuditEntry(build.fresh_id(), START, maple.id, None, "web", f"a.{number}", maple.subject)
            uow.audit.add(made)
        whole = list(uow.audit.chain(maple.id))
        assert uow.audit.head(maple.id) == (5, whole[-1].hash)
        assert list(uow.audit.chain(maple.id, after=1, limit=2)) == whole[1:3]
        assert list(uow.audit.chain(maple.id, after=5)) == []

    await store.run(unit)


@pytest.mark.parametrize("few", [stored_audit.FEW, -1])
async def test_entries_are_listed_by_the_words_of_what_happened_and_by_whom_they_are_about(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(stored_audit, "FEW", few)

    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak Hill")
        ada, bob, eve = (build.person(uow, name) for name in ("Ada", "Bob", "Eve"))
        did = {
            "role.changed": (maple, ada, f"person:{bob.id}"),
            "school.approvals_channel_set": (maple, bob, maple.subject),
            "member.suspended": (maple, eve, f"person:{ada.id}"),
            "join_request.approved": (oak, bob, "join_request:1"),
        }
        for action, (school, by, subject) in did.items():
            at = uow.now
            uow.audit.add(AuditEntry(build.fresh_id(), at, school.id, by.id, "web", action, subject))

        def found(text: str = "", who: Person | None = None, of: School = maple) -> list[str]:
            person_id = who.id if who else None
            listed = uow.audit.listed(of.id, action=text, person_id=person_id, after=None, limit=9)
            return [one.action for one in listed]

        assert found() == [*did][2::-1]
        assert found("role changed") == found("role") == ["role.changed"]
        assert found("approvals channel") == found("l s") == ["school.approvals_channel_set"]
        assert found("role_changed") == found("%") == found("request") == []
        assert found("request approved", of=oak) == ["join_request.approved"]
        assert found(who=ada) == ["member.suspended", "role.changed"]
        assert found(who=bob) == ["school.approvals_channel_set", "role.changed"]
        uow.accounts.absorb(bob.id, ada.id)
        assert found(who=ada) == [*did][2::-1], "and what was done by and to who proved to be her"
        assert found("role", who=ada) == ["role.changed"]
        (newest, *_) = uow.audit.listed(maple.id, action="", person_id=ada.id, after=None, limit=1)
        older = uow.audit.listed(maple.id, action="", person_id=ada.id, after=newest.id, limit=9)
        assert [one.action for one in older] == [*did][1::-1]
        actions = {"member.suspended", "role.changed", "join_request.approved"}
        assert uow.audit.last(maple.id, [f"person:{bob.id}", f"person:{ada.id}"], actions) == newest
        assert uow.audit.last(maple.id, [f"person:{bob.id}"], actions) == older[-1]
        assert uow.audit.last(maple.id, [f"person:{ada.id}"], {"role.changed"}) is None
        assert uow.audit.last(oak.id, [f"person:{ada.id}", f"person:{bob.id}"], actions) is None
        nowhere = AuditEntry(build.fresh_id(), uow.now, None, ada.id, "web", "person.opted_out", "person:1")
        uow.audit.add(nowhere)
        assert uow.audit.last(SYSTEM_CHAIN, ["person:1"], {"person.opted_out"}) == nowhere

    await store.run(unit)


async def test_entries_are_listed_by_when_they_were_made(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak Hill")
        for hours in (0, 0, 24, 30, 48):
            at, action = START + timedelta(hours=hours), f"after.{hours}"
            uow.audit.add(AuditEntry(build.fresh_id(), at, maple.id, None, "web", action, maple.subject))

        def since(hours: int) -> int:
            return uow.audit.first_since(maple.id, START + timedelta(hours=hours))

        assert [since(hours) for hours in (-1, 0, 1, 24, 25, 31, 48, 49)] == [1, 1, 3, 3, 4, 5, 5, 6]
        assert uow.audit.first_since(oak.id, START) == 1, "nothing has happened there"

        def listed(first: int, last: int | None, after: str | None = None) -> list[str]:
            found = uow.audit.listed(
                maple.id, action="after", person_id=None, after=after, limit=9, first=first, last=last
            )
            return [one.action for one in found]

        assert listed(3, 4) == ["after.30", "after.24"]
        assert listed(4, None) == ["after.48", "after.30"]
        assert listed(6, None) == listed(1, 0) == []
        newest, *_ = uow.audit.listed(maple.id, action="", person_id=None, after=None, limit=1)
        assert listed(3, None, after=newest.id) == ["after.30", "after.24"]

    await store.run(unit)
