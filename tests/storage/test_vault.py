"""The vault: what is sealed stays sealed."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.vault import KEY_BYTES, Vault

KEY, OTHER = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_can_be_opened(text: str) -> None:
    vault = Vault(KEY)
    assert vault.open(vault.seal(text)) == text


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    vault = Vault(KEY)
    assert len({vault.seal("secret") for _ in range(50)}) == 50
    assert b"secret" not in vault.seal("secret")


def test_another_key_opens_nothing_and_finds_nothing() -> None:
    sealed = Vault(KEY).seal("secret")
    with pytest.raises(InvalidTag):
        Vault(OTHER).open(sealed)
    assert Vault(KEY).index("secret") == Vault(KEY).index("secret")
    assert Vault(KEY).index("secret") != Vault(OTHER).index("secret")


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_what_was_changed_is_not_opened(place: int) -> None:
    sealed = bytearray(Vault(KEY).seal("secret"))
    sealed[place] ^= 1
    with pytest.raises(InvalidTag):
        Vault(KEY).open(bytes(sealed))


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {length}"):
        Vault(bytes(length))


def test_index_and_seal_have_keys_of_their_own() -> None:
    vault = Vault(KEY)
    assert vault.index("") != Vault(vault._index_key).index("")
