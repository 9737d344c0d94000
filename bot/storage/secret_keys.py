"""The keys that sealed a database, and sealing again what a replaced key has sealed."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy import (
    Connection,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.core.keys.ports import SEALED, Replica, Sealed, SealedKind, SealingKey
from bot.core.values import dataclass
from bot.storage.invitations.rows import sealed_with
from bot.storage.statements import Statement, insert_new
from bot.storage.stuck import not_put_off
from bot.storage.tables import installation, invitations, replicas, secret_keys, slack_installations
from bot.storage.vault import Vault, new_signer
from bot.storage.workspaces.installations import owner_of

_K, _I, _S, _R = secret_keys.c, invitations.c, slack_installations.c, replicas.c
_SIGNER = "signer"
_KEYS = (
    select(_K.name, _K.since, _K.replaced_at)
    .outerjoin(installation, installation.c.key_name == _K.name)
    .order_by(installation.c.id.is_(None), _K.since.desc(), _K.name)
)
_MOST = bindparam("most", type_=Integer)
_INVITATIONS = Statement(
    select(_I.id, _I.sealed)
    .where(_I.sealed_by == bindparam("older"), not_put_off(SEALED, _I.id))
    .limit(_MOST)
)
_SLACK = Statement(
    select(_S.place, _S.sealed_token, _S.sealed_refresh)
    .where(_S.sealed_by == bindparam("older"), not_put_off(SEALED, _S.place))
    .limit(_MOST)
)
# Conditional: a unit that has changed the row meanwhile has sealed it with the key in use.
_SEAL_INVITATION = Statement(
    update(invitations)
    .where(_I.id == bindparam("of"), _I.sealed == bindparam("before"))
    .values({one: bindparam(f"new_{one}") for one in ("code_index", "token_index", "sealed", "sealed_by")})
)
_SEAL_SLACK = Statement(
    update(slack_installations)
    .where(_S.place == bindparam("of"), _S.sealed_token == bindparam("before"))
    .values({one: bindparam(f"new_{one}") for one in ("sealed_token", "sealed_refresh", "sealed_by")})
)


@dataclass(frozen=True, slots=True)
class SqlSecretKeys:
    """The keys and the replicas of a database; reading the keys makes the vault seal with the one in use."""

    connection: Connection
    vault: Vault

    @property
    def configured(self) -> tuple[str, ...]:
        """Return the names of the keys in this process's settings, in their order."""
        return self.vault.ring.names

    def needed(self) -> Sequence[SealingKey]:
        """List the keys that may have sealed something: the one in use, then the replaced ones.

        The vault seals with the key in use from now on, if the settings have it.
        """
        found = [SealingKey(*row) for row in self.connection.execute(_KEYS)]
        if found and found[0].name in self.configured:
            self.vault.ring.use(found[0].name)
        return found

    def hold(self) -> None:
        """Make other units that replace the key, or begin to serve, wait until this one ends."""
        self.connection.execute(select(installation.c.id).with_for_update())

    def serve(self, now: datetime, until: datetime) -> None:
        """Note that this process serves people until a moment, with the keys of its settings."""
        row = {"name": self.vault.ring.replica, "key_names": " ".join(self.configured), "until": until}
        if not insert_new(self.connection, replicas, row):
            # Written only once half of the time has passed, rather than each time.
            old = (_R.name == row["name"], _R.until < now + (until - now) / 2)
            self.connection.execute(update(replicas).where(*old).values(until=until))
        self.connection.execute(delete(replicas).where(_R.until <= now))

    def leave(self) -> None:
        """Note that this process serves nobody any more."""
        self.connection.execute(delete(replicas).where(_R.name == self.vault.ring.replica))

    def replicas(self, now: datetime, latest: datetime) -> Sequence[Replica]:
        """List the replicas that serve people now; a row beyond `latest` cannot be right, and is left out."""
        query = select(_R.name, _R.key_names, _R.until).where(_R.until > now, _R.until <= latest)
        rows = self.connection.execute(query.order_by(_R.name))
        return [Replica(name, tuple(names.split()), at) for name, names, at in rows]

    def replace(self, at: datetime) -> None:
        """Put the settings' first key in use from now on, and seal the signing secret with it."""
        fresh = self.vault.preferred
        if not insert_new(self.connection, secret_keys, {"name": fresh.name, "since": at}):
            again = update(secret_keys).where(_K.name == fresh.name)
            self.connection.execute(again.values(since=at, replaced_at=None))
        row = self.connection.execute(select(installation)).one()
        self.connection.execute(update(secret_keys).where(_K.name == row.key_name).values(replaced_at=at))
        signer = fresh.seal(self.vault.open(row.sealed_signer, _SIGNER), _SIGNER)
        self.connection.execute(update(installation).values(key_name=fresh.name, sealed_signer=signer))

    def to_reseal(self, now: datetime, limit: int) -> Sequence[Sealed]:
        """List some of the things that a replaced key has sealed; not what is put off."""
        older = [one.name for one in self.needed()[1:]]
        wanted = {SealedKind.SLACK: _SLACK, SealedKind.INVITATION: _INVITATIONS}
        rows = chain.from_iterable(
            ((kind, row) for row in query.rows(self.connection, older=name, now=now, most=limit))
            for name in older
            for kind, query in wanted.items()
        )
        return [Sealed(kind, row[0], tuple(map(bytes, row[1:]))) for kind, row in rows][:limit]

    def reseal(self, thing: Sealed) -> None:
        """Seal a thing with the key in use, unless a unit that changed it meanwhile has done so."""
        key = self.vault.seal
        match thing.kind:
            case SealedKind.INVITATION:
                code, _, token = self.vault.open(thing.parts[0], thing.of).partition(" ")
                fresh, statement = sealed_with(key, thing.of, code, token), _SEAL_INVITATION
            case SealedKind.SLACK:
                owner = owner_of(thing.of)
                names = ("sealed_token", "sealed_refresh")
                parts = zip(names, thing.parts, strict=True)
                fresh = {name: key.seal(self.vault.open(part, owner), owner) for name, part in parts}
                fresh, statement = {**fresh, "sealed_by": key.name}, _SEAL_SLACK
        values = {f"new_{name}": value for name, value in fresh.items()}
        statement.run(self.connection, of=thing.of, before=thing.parts[0], **values)

    def count_sealed(self, name: str) -> int:
        """Count the things that are sealed with a key."""
        columns = (_I.sealed_by, _S.sealed_by)
        queries = [select(func.count()).where(one == name) for one in columns]
        return sum(self.connection.execute(one).scalar_one() for one in queries)

    def delete(self, name: str) -> None:
        """Forget a key; the database refuses as long as something is sealed with it."""
        self.connection.execute(delete(secret_keys).where(_K.name == name))


def note_first_key(connection: Connection, vault: Vault, now: datetime) -> None:
    """Note the settings' first key as the one in use, if the database has no key yet."""
    if connection.execute(select(installation.c.id)).one_or_none() is not None:
        return
    first = vault.preferred
    connection.execute(insert(secret_keys), {"name": first.name, "since": now})
    row = {"id": 1, "key_name": first.name, "sealed_signer": first.seal(new_signer(), _SIGNER)}
    if not insert_new(connection, installation, row):  # another replica was first
        other = select(installation.c.key_name).scalar_subquery()
        connection.execute(delete(secret_keys).where(_K.name == first.name, _K.name != other))


def load_signer(connection: Connection, vault: Vault) -> None:
    """Read the secret that signs links from the database into the vault."""
    sealed = connection.execute(select(installation.c.sealed_signer)).scalar_one()
    vault.signer = vault.open(sealed, _SIGNER).encode()


def lacks_key(connection: Connection, vault: Vault | None) -> bool | None:
    """Return whether the vault lacks a key that sealed the database; None if no key has sealed it yet."""
    needed = set(connection.execute(select(_K.name)).scalars())
    return not needed <= set(vault.ring.names if vault else ()) if needed else None
