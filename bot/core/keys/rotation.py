"""Replacing the secret key: all replicas get the new one, then it is used, then everything is resealed."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core import audit
from bot.core.keys.ports import SEALED, Replica, SealingKey
from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass

# How long a process counts as serving people after it last said so.
LEASE = timedelta(minutes=1)
# How long a replaced key is kept at least. Web sessions and signed commands last no longer than this.
KEPT = timedelta(hours=1)
_AT_ONCE = 200


class WrongKey(ValueError):
    """The settings lack a secret key that things in this database are sealed with."""

    def __init__(self, *, lacks_older: str = "", lost: str = "") -> None:
        """Name what is missing: with `lacks_older` a replaced key, with `lost` the file of the only one."""
        super().__init__(lacks_older, lost)
        self.lacks_older = lacks_older
        self.lost = lost

    def __str__(self) -> str:
        """Say what is wrong and what to do."""
        if self.lost:
            return (
                f"There is no secret key in {self.lost}, but this database was made with one. "
                "Restore it from your backup; without it, no code in the database works."
            )
        if self.lacks_older:
            return (
                f"An older secret key ({self.lacks_older}) was removed too early. Restore it from your "
                "backup, after the first one (secret_key_file or secret_key); `homeroom key status` tells "
                "when it can be removed."
            )
        return (
            "The secret key is not the one that this database was made with: no code in it would work. "
            "Restore the right key (secret_key_file or secret_key) from your backup."
        )


def require_keys(uow: UnitOfWork) -> SealingKey:
    """Return the key in use; raise `WrongKey` if our settings lack it, or a replaced one that is needed."""
    in_use, *older = uow.secret_keys.needed()
    own = uow.secret_keys.configured
    if in_use.name not in own:
        raise WrongKey
    for one in older:
        if one.name not in own:
            raise WrongKey(lacks_older=one.name)
    return in_use


def serve(uow: UnitOfWork) -> None:
    """Register this process as serving people: from now on no key is taken into use that it lacks."""
    uow.secret_keys.hold()
    require_keys(uow)
    uow.secret_keys.serve(uow.now, uow.now + LEASE)


def leave(uow: UnitOfWork) -> None:
    """Record that this process no longer serves people."""
    uow.secret_keys.leave()


def agreed(uow: UnitOfWork) -> bool:
    """Tell whether the first key of every replica is our first key."""
    return _agree(uow.secret_keys.configured[0], _replicas(uow))


def _agree(first: str, replicas: Sequence[Replica]) -> bool:
    return all(one.keys[0] == first for one in replicas)


def _replicas(uow: UnitOfWork) -> Sequence[Replica]:
    return uow.secret_keys.replicas(uow.now, uow.now + LEASE)


def sweep(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Renew our lease; replace the key once all replicas have the next, reseal a batch, or forget old keys.

    Return how many keys were replaced or forgotten, or how many things were resealed.
    """
    keys = uow.secret_keys
    keys.serve(uow.now, uow.now + LEASE)
    in_use = require_keys(uow)
    if in_use.name != keys.configured[0]:
        return _replace(uow)
    things = keys.to_reseal(uow.now, _AT_ONCE) if len(keys.needed()) > 1 else ()
    for thing in tracker.each(SEALED, things, lambda one: one.of):
        keys.reseal(thing)
    return len(things) or sum(_forget(uow, one) for one in keys.needed()[1:])


def _replace(uow: UnitOfWork) -> int:
    """Take our first key into use if it is the first one of every replica; return how many keys changed."""
    keys = uow.secret_keys
    keys.hold()
    before, after = keys.needed()[0].name, keys.configured[0]
    if before == after or not agreed(uow):
        return 0
    keys.replace(uow.now)
    _record(uow, "secret_key.replaced", before, by=after)
    return 1


def _forget(uow: UnitOfWork, key: SealingKey) -> bool:
    """Delete a replaced key once nothing is sealed with it, and what was signed with it has expired."""
    if key.replaced_at is None or uow.now < key.replaced_at + KEPT or uow.secret_keys.count_sealed(key.name):
        return False
    uow.secret_keys.delete(key.name)
    _record(uow, "secret_key.retired", key.name)
    return True


def _record(uow: UnitOfWork, action: str, name: str, **new: str) -> None:
    audit.record_without_actor(
        uow, action, f"secret_key:{name}", front=audit.CLOCK, school_id=None, new={**new}
    )


@dataclass(frozen=True, slots=True)
class KeyState:
    """The state of a key in our settings or in the database; `sealed` counts the things sealed with it.

    `known` is what the database stores of it, if anything.
    """

    name: str
    known: SealingKey | None
    sealed: int


@dataclass(frozen=True, slots=True)
class KeyStates:
    """The states of all keys, and whether all replicas agree on the first one."""

    keys: tuple[KeyState, ...]
    agreed: bool
    replicas: int

    @property
    def changing(self) -> bool:
        """Whether the first key of the settings is not in use yet."""
        return self.keys[0].known is None or self.keys[0].known.replaced_at is not None

    @property
    def droppable(self) -> tuple[str, ...]:
        """The names of the keys that can be removed from the settings."""
        return () if self.changing else tuple(one.name for one in self.keys if one.known is None)

    @property
    def leaving(self) -> tuple[KeyState, ...]:
        """The keys that were replaced, but are still needed."""
        return tuple(one for one in self.keys if one.known and one.known.replaced_at is not None)


def key_states(uow: UnitOfWork) -> KeyStates:
    """Return the states of all keys in our settings and in the database."""
    keys = uow.secret_keys
    known = {one.name: one for one in keys.needed()}
    names = dict.fromkeys((*keys.configured, *known))
    found = tuple(KeyState(one, known.get(one), keys.count_sealed(one)) for one in names)
    replicas = _replicas(uow)
    return KeyStates(found, _agree(keys.configured[0], replicas), len(replicas))
