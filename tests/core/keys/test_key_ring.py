"""Keys are told apart by names that stay the same in all versions of the database."""

import pytest

from bot.core.keys.ring import KEY_BYTES, KeyRing, name_of

OLD, NEW = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)


def test_a_key_has_the_same_name_in_every_version() -> None:
    assert name_of(OLD) == "d901db122f955715"  # pragma: allowlist secret
    assert name_of(NEW) == "e216c4d1238cf3ff"  # pragma: allowlist secret


def test_the_key_that_is_in_use_comes_first_and_the_others_stay_as_the_settings_have_them() -> None:
    ring = KeyRing(NEW, OLD)
    assert ring.names == (name_of(NEW), name_of(OLD))
    assert ring.items() == ((name_of(NEW), NEW), (name_of(OLD), OLD))
    assert (ring.in_use, ring.every) == (name_of(NEW), (NEW, OLD))
    ring.use(name_of(OLD))
    assert (ring.in_use, ring.every, ring.names[0]) == (name_of(OLD), (OLD, NEW), name_of(NEW))
    with pytest.raises(ValueError, match="not in tuple"):
        ring.use("unknown")


def test_a_key_that_is_too_short_is_told_by_its_length() -> None:
    with pytest.raises(ValueError, match="must have 32 bytes, not 31"):
        KeyRing(NEW, OLD[1:])
