"""Batches: many single-use codes from one template, listed and revoked as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.core import access, audit, invitations, members, which_school
from bot.core.actors import Actor
from bot.core.errors import NotFound, NothingToChange
from bot.core.ids import new_code, new_id, new_token
from bot.core.invitations import Invitation
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import dataclass, replace

MOST = 10_000
# So many codes are printed on one sheet: about 40 pages.
ON_A_SHEET = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Codes that were made together."""

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
    """A code and a link that are still nobody's, and, once they are sealed, how the database keeps them."""

    id: str
    code: str
    token: str
    sealed: Any = None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with what became of its codes; `template` is one of them."""

    batch: Batch
    school: School
    template: Invitation
    used: int
    revoked: int

    @property
    def left(self) -> int:
        """How many codes nobody has used or revoked."""
        return self.batch.size - self.used - self.revoked


def secrets(uow: UnitOfWork, size: int) -> Sequence[Secret]:
    """Make so many codes and links, which takes long enough to be done where nobody waits for it."""
    return uow.batches.sealed(
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
    """Let codes that were `made` open a school, once each, all or none, with one entry in the audit log."""
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
    """Find a batch among those of schools that the actor knows."""
    batch = uow.batches.by_id(batch_id)
    if batch is None:
        raise NotFound("batch")
    return batch, which_school.known(uow, actor, batch.school_id, "batch")


def view(uow: UnitOfWork, batch: Batch, school: School) -> BatchView:
    """Count what became of a batch."""
    (template,) = uow.batches.invitations(batch.id, limit=1)
    used, revoked = uow.batches.counts(batch.id)
    return BatchView(batch, school, template, used, revoked)


def revoke(uow: UnitOfWork, actor: Actor, batch: Batch, school: School) -> int:
    """End all codes of a batch that nobody has used; members stay."""
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    person = members.enrol(uow, actor)
    ended = uow.batches.revoke(batch.id, by=person.id, at=uow.now)
    if not ended:
        raise NothingToChange("revoked or used up")
    new: dict[str, object] = {"revoked": ended}
    audit.record(uow, actor, "batch.revoked", batch.subject, school_id=school.id, new=new)
    return ended
