"""The contract of every store for passwords and the links that set them."""

from datetime import timedelta

from bot.core.ids import hash_of
from bot.core.people.password_ports import Password, PasswordLink
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

HOUR = timedelta(hours=1)


def _password(uow: UnitOfWork, person_id: str) -> Password:
    made = Password(person_id, f"hash {person_id}", "nia@example.org", build.fresh_id(), START)
    uow.passwords.save(made)
    return made


def _link(uow: UnitOfWork, token: str, person_id: str) -> PasswordLink:
    made = PasswordLink(person_id, "nia@example.org", uow.now + HOUR)
    uow.passwords.add_link(hash_of(token), made, uow.now)
    return made


async def test_a_person_has_one_password(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        assert uow.passwords.of(nia.id) is None
        first, other = _password(uow, nia.id), _password(uow, leo.id)
        assert uow.passwords.of(nia.id) == first
        second = replace(first, hash="other", email_key="n@x.org", epoch="2", changed_at=START + HOUR)
        uow.passwords.save(second)
        assert uow.passwords.of(nia.id) == second
        assert not uow.passwords.rehash(nia.id, "fresh", epoch=first.epoch)
        assert uow.passwords.rehash(nia.id, "fresh", epoch="2")
        assert uow.passwords.of(nia.id) == replace(second, hash="fresh")
        assert uow.passwords.of(leo.id) == other
        uow.passwords.forget(nia.id)
        assert uow.passwords.of(nia.id) is None
        assert uow.passwords.of(leo.id) == other

    await store.run(unit)


async def test_a_link_works_once_and_only_the_newest(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        _link(uow, "old", nia.id)
        newest, other = _link(uow, "new", nia.id), _link(uow, "leo", leo.id)
        assert uow.passwords.link(hash_of("old"), START) is None
        assert uow.passwords.link(hash_of("new"), START) == newest
        assert uow.passwords.link("new", START) is None
        assert uow.passwords.take_link(hash_of("new"), START) == newest
        assert uow.passwords.take_link(hash_of("new"), START) is None
        assert uow.passwords.link(hash_of("leo"), START) == other
        assert uow.passwords.link(hash_of("leo"), START + HOUR) is None
        assert uow.passwords.take_link(hash_of("leo"), START + HOUR) is None
        uow.passwords.drop_links(nia.id)
        assert uow.passwords.link(hash_of("leo"), START) == other
        uow.passwords.drop_links(leo.id)
        assert uow.passwords.link(hash_of("leo"), START) is None

    await store.run(unit)


async def test_links_that_have_expired_go_when_another_is_made(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        _link(uow, "nia", nia.id)
        late = PasswordLink(leo.id, "leo@example.org", START + 3 * HOUR)
        uow.passwords.add_link(hash_of("leo"), late, START + 2 * HOUR)
        assert uow.passwords.link(hash_of("nia"), START) is None
        assert uow.passwords.link(hash_of("leo"), START) == late

    await store.run(unit)


async def test_merged_persons_keep_the_password_of_the_target(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, eve = (build.person(uow, name) for name in ("Ada", "Bob", "Eve"))
        own, moving = _password(uow, ada.id), _password(uow, bob.id)
        _link(uow, "bob", bob.id)
        assert uow.passwords.absorb(bob.id, eve.id)
        assert uow.passwords.of(bob.id) is None
        assert uow.passwords.of(eve.id) == replace(moving, person_id=eve.id)
        assert uow.passwords.link(hash_of("bob"), START) is None
        assert not uow.passwords.absorb(eve.id, ada.id)
        assert uow.passwords.of(eve.id) is None
        assert uow.passwords.of(ada.id) == own
        assert not uow.passwords.absorb(bob.id, ada.id)
        assert uow.passwords.of(ada.id) == own

    await store.run(unit)


async def test_whose_invitation_a_mails_link_is(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        nia = build.person(uow, "Nia", AccountKey("discord", "1"))
        made = build.invitation(uow, build.school(uow), nia)
        uow.sendings.add_link(hash_of("mailed"), made.id, START)
        assert uow.sendings.invitation_of_link(hash_of("mailed")) == made.id
        assert uow.sendings.invitation_of_link(hash_of(made.token)) is None

    await store.run(unit)
