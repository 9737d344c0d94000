"""Batches: many single-use codes made from one template, which are listed and revoked together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.core import audit
from bot.core.errors import NotFound, NothingToChange
from bot.core.ids import new_code, new_id, new_token
from bot.core.invitations import invitations
from bot.core.invitations.invitations import Invitation
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

MOST_CODES = 10_000
# At most this many codes go into one printable sheet, which is then about 40 pages long.
CODES_PER_SHEET = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Single-use codes that were made together."""

    id: str
    school_id: str
    label: str
    size: int
    created_at: datetime

    @property
    def subject(self) -> str:
        """The name by which the audit log knows it."""
        return f"batch:{self.id}"


@dataclass(frozen=True, slots=True)
class Secret:
    """A code and a link token for a new invitation; `sealed` is their encrypted form for the database."""

    id: str
    code: str
    token: str
    sealed: Any = None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch, how many of its codes were used and revoked, and one of its invitations as `template`."""

    batch: Batch
    school: School
    template: Invitation
    used: int
    revoked: int

    @property
    def left(self) -> int:
        """The number of codes that are neither used nor revoked."""
        return self.batch.size - self.used - self.revoked


def secrets(uow: UnitOfWork, size: int) -> Sequence[Secret]:
    """Return new codes and links for a batch of this size.

    Sealing many takes long, so this runs before the transaction that would make others wait.
    """
    return uow.batches.seal(
        [Secret(of, new_code(), new_token()) for of in sorted(new_id(uow.now) for _ in range(size))]
    )


def create(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    made: Sequence[Secret],
    *,
    role: str | None,
    expires_at: datetime | None,
    note: str,
    label: str,
) -> tuple[Batch, Sequence[Invitation]]:
    """Create a batch of invitations, one for each secret in `made`, with a single entry in the audit log."""
    size = len(made)
    template = invitations.draft(
        uow,
        actor,
        school,
        role=role,
        uses_allowed=1,
        expires_at=expires_at,
        note=note,
        label=label,
        number=size,
    )
    batch = Batch(new_id(uow.now), school.id, label, size, uow.now)
    template = replace(template, batch_id=batch.id)
    uow.batches.add(batch, template, made)
    new = invitations.terms(template) | {"size": size}
    audit.record(uow, actor, "batch.created", batch.subject, school_id=school.id, new=new)
    return batch, [replace(template, id=one.id, token=one.token, code=one.code) for one in made]


def find(uow: UnitOfWork, actor: Actor, batch_id: str) -> tuple[Batch, School]:
    """Return a batch and its school; raise `NotFound` unless the actor may know of that school."""
    batch = uow.batches.by_id(batch_id)
    if batch is None:
        raise NotFound("batch")
    return batch, which_school.known(uow, actor, batch.school_id, "batch")


def view(uow: UnitOfWork, batch: Batch, school: School) -> BatchView:
    """Return a batch with the number of its codes that were used and revoked."""
    (template,) = uow.batches.invitations(batch.id, limit=1)
    used, revoked = uow.batches.counts(batch.id)
    return BatchView(batch, school, template, used, revoked)


def revoke(uow: UnitOfWork, actor: Actor, batch: Batch, school: School) -> int:
    """Revoke all unused codes of a batch and return how many; people who joined by a code stay members."""
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    person = members.enrol(uow, actor)
    ended = uow.batches.revoke(batch.id, by=person.id, at=uow.now)
    if not ended:
        raise NothingToChange("revoked or used up")
    new: dict[str, object] = {"revoked": ended}
    audit.record(uow, actor, "batch.revoked", batch.subject, school_id=school.id, new=new)
    return ended
