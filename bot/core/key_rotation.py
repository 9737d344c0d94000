"""The secret key is replaced: all replicas have the new one first, then it seals, then all is sealed anew."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core import audit
from bot.core.ports import UnitOfWork
from bot.core.secret_key_ports import SEALED, Replica, SealingKey
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass

# How long a process is believed to serve people without saying so again.
LEASE = timedelta(minutes=1)
# A key that was replaced is kept so long at the least: sessions on the web last no longer, nor do commands.
KEPT = timedelta(hours=1)
_AT_ONCE = 200


class WrongKey(ValueError):
    """The settings lack a secret key that this database was sealed with."""

    def __init__(self, *, lacks_older: str = "", lost: str = "") -> None:
        """`lacks_older` names the key that is lacking where the one in use is there; `lost` is its file."""
        super().__init__(lacks_older, lost)
        self.lacks_older = lacks_older
        self.lost = lost

    def __str__(self) -> str:
        """Say what to do."""
        if self.lost:
            return (
                f"There is no secret key in {self.lost}, and this database was made with one. "
                "Put it back from your backup; without it no code in the database would work."
            )
        if self.lacks_older:
            return (
                f"An older secret key ({self.lacks_older}) was taken out too early. Put it back behind the "
                "first one (secret_key_file or secret_key), from your backup; `homeroom key status` tells "
                "when it can go."
            )
        return (
            "The secret key is not the one that this database was made with, so no code in it would work. "
            "Put the right key back (secret_key_file or secret_key), from your backup."
        )


def require_keys(uow: UnitOfWork) -> SealingKey:
    """Return the key in use; raise `WrongKey` where our settings lack it, or one that is still needed."""
    in_use, *older = uow.secret_keys.needed()
    own = uow.secret_keys.own
    if in_use.name not in own:
        raise WrongKey
    for one in older:
        if one.name not in own:
            raise WrongKey(lacks_older=one.name)
    return in_use


def serve(uow: UnitOfWork) -> None:
    """Begin to serve people: from now on no key is used that we do not have."""
    uow.secret_keys.hold()
    require_keys(uow)
    uow.secret_keys.serve(uow.now, uow.now + LEASE)


def leave(uow: UnitOfWork) -> None:
    """End to serve people."""
    uow.secret_keys.leave()


def agreed(uow: UnitOfWork) -> bool:
    """Tell whether every replica has our first key as its first."""
    return _agree(uow.secret_keys.own[0], _replicas(uow))


def _agree(first: str, replicas: Sequence[Replica]) -> bool:
    return all(one.keys[0] == first for one in replicas)


def _replicas(uow: UnitOfWork) -> Sequence[Replica]:
    return uow.secret_keys.replicas(uow.now, uow.now + LEASE)


def sweep(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Say that we serve; replace the key once all have the next; seal some things anew; forget old keys."""
    keys = uow.secret_keys
    keys.serve(uow.now, uow.now + LEASE)
    in_use = require_keys(uow)
    if in_use.name != keys.own[0]:
        return _replace(uow)
    things = keys.to_seal_anew(uow.now, _AT_ONCE) if len(keys.needed()) > 1 else ()
    for thing in tracker.each(SEALED, things, lambda one: one.of):
        keys.seal_anew(thing)
    return len(things) or sum(_forget(uow, one) for one in keys.needed()[1:])


def _replace(uow: UnitOfWork) -> int:
    """Seal with our first key from now on, if all replicas have it first."""
    keys = uow.secret_keys
    keys.hold()
    before, after = keys.needed()[0].name, keys.own[0]
    if before == after or not agreed(uow):
        return 0
    keys.replace(uow.now)
    _record(uow, "secret_key.replaced", before, by=after)
    return 1


def _forget(uow: UnitOfWork, key: SealingKey) -> bool:
    """Forget a key that nothing is sealed with, once whoever signed in under it has had their time."""
    if key.replaced_at is None or uow.now < key.replaced_at + KEPT or uow.secret_keys.number(key.name):
        return False
    uow.secret_keys.forget(key.name)
    _record(uow, "secret_key.retired", key.name)
    return True


def _record(uow: UnitOfWork, action: str, name: str, **new: str) -> None:
    audit.record_own(uow, action, f"secret_key:{name}", front=audit.CLOCK, school_id=None, new={**new})


@dataclass(frozen=True, slots=True)
class Use:
    """How a key of the settings or the database stands; `sealed` is how much is sealed with it."""

    name: str
    known: SealingKey | None
    sealed: int
    ours: bool


@dataclass(frozen=True, slots=True)
class Uses:
    """How all keys stand, and whether all replicas have the first of the settings first."""

    keys: tuple[Use, ...]
    agreed: bool
    replicas: int

    @property
    def changing(self) -> bool:
        """Tell whether the first key of the settings is not yet in use."""
        return self.keys[0].known is None or self.keys[0].known.replaced_at is not None

    @property
    def droppable(self) -> tuple[str, ...]:
        """Name the keys of the settings that nothing needs."""
        return () if self.changing else tuple(one.name for one in self.keys if one.known is None)

    @property
    def leaving(self) -> tuple[Use, ...]:
        """List the keys that were replaced and are still needed."""
        return tuple(one for one in self.keys if one.known and one.known.replaced_at is not None)


def uses(uow: UnitOfWork) -> Uses:
    """Look how the keys of the settings and of the database stand."""
    keys = uow.secret_keys
    known = {one.name: one for one in keys.needed()}
    names = dict.fromkeys((*keys.own, *known))
    found = tuple(Use(one, known.get(one), keys.number(one), one in keys.own) for one in names)
    replicas = _replicas(uow)
    return Uses(found, _agree(keys.own[0], replicas), len(replicas))
