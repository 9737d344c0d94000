"""The vault: what is sealed stays sealed."""

from typing import cast

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from bot.core.keys.ring import KEY_BYTES
from bot.core.values import replace
from bot.core.workspaces.installation_ports import Installation
from bot.storage.database import open_database
from bot.storage.tables import slack_installations
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from tests.world import START, FakeClock, open_world

KEY, OTHER = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_can_be_opened(text: str) -> None:
    vault = Vault(KEY)
    assert vault.open(vault.seal.seal(text, "row"), "row") == text


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    vault = Vault(KEY)
    assert len({vault.seal.seal("secret", "row") for _ in range(50)}) == 50
    assert b"secret" not in vault.seal.seal("secret", "row")


def test_another_key_opens_nothing_and_finds_nothing() -> None:
    sealed = Vault(KEY).seal.seal("secret", "row")
    with pytest.raises(InvalidTag):
        Vault(OTHER).open(sealed, "row")
    assert Vault(KEY).seal.index("secret") == Vault(KEY).seal.index("secret")
    assert Vault(KEY).seal.index("secret") != Vault(OTHER).seal.index("secret")


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_what_was_changed_is_not_opened(place: int) -> None:
    sealed = bytearray(Vault(KEY).seal.seal("secret", "row"))
    sealed[place] ^= 1
    with pytest.raises(InvalidTag):
        Vault(KEY).open(bytes(sealed), "row")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {length}"):
        Vault(bytes(length))


def test_index_and_seal_have_keys_of_their_own() -> None:
    seal = Vault(KEY).seal
    assert seal.index("") != Vault(seal._index_key).seal.index("")


def test_what_is_sealed_for_one_row_does_not_open_in_another() -> None:
    vault = Vault(KEY)
    with pytest.raises(InvalidTag):
        vault.open(vault.seal.seal("secret", "one row"), "another row")


async def test_a_wrong_key_is_noticed_when_the_database_is_opened(database_url: str) -> None:
    async with open_world(database_url):
        pass
    with pytest.raises(ValueError, match="The secret key is not the one"):
        await open_database(database_url, FakeClock(), Vault(OTHER))
    async with open_world(database_url):
        pass


async def test_an_installation_that_cannot_be_opened_is_named_and_hinders_no_other(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = Installation("T1", "Maple", "B1", "U1", "chat:write", "xoxb-1", START)
    spoilt = update(slack_installations).where(slack_installations.c.place == "T1")

    async with open_world(database_url) as world:
        database = world.database
        await database.run(lambda uow: uow.installations.save(made))
        await database.run(lambda uow: uow.installations.save(replace(made, place="T2")))
        await database.run(
            lambda uow: cast("SqlUnitOfWork", uow).installations.connection.execute(
                spoilt.values(sealed_token=Vault(OTHER).seal.seal("xoxb-1", "slack installation T1"))
            )
        )
        assert [one.place for one in await database.read(lambda uow: uow.installations.every())] == ["T2"]
        assert "The token of T1 cannot be decrypted" in caplog.text
        await database.run(lambda uow: uow.installations.save(made))
        assert len(await database.read(lambda uow: uow.installations.every())) == 2
