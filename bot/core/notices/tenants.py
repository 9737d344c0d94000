"""Tenants of the delivery: a workspace, a mail domain, or the direct messages of a school.

One tenant that is slow or refuses messages must not hold up the others, so each has only a few of the
deliveries under way.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from bot.core.notices.mail_addresses import address
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey

if TYPE_CHECKING:
    from bot.core.notices.notices import Destination

# Characters of a hash that tells domains apart. A personal domain identifies its owner, so it is hashed.
_DOMAIN = 12


class _OfSchool(Protocol):
    @property
    def school_id(self) -> str: ...


def _of_thing(find: Callable[[UnitOfWork, str], _OfSchool | None]) -> Callable[[UnitOfWork, str], str | None]:
    def school(uow: UnitOfWork, of: str) -> str | None:
        thing = find(uow, of)
        return thing.school_id if thing else None

    return school


def _of_name(uow: UnitOfWork, of: str) -> str | None:
    """Return the school id that a subject begins with, such as a digest's; None if there is no school."""
    school = uow.schools.by_id(of.partition("/")[0])
    return school.id if school else None


def _of_entry(uow: UnitOfWork, of: str) -> str | None:
    """Return the school id of the audit entry whose id a subject begins with, such as that of news."""
    entry = uow.audit.by_id(of.partition("/")[0])
    return entry.school_id if entry else None


def _of_workspace(uow: UnitOfWork, of: str) -> str | None:
    """Return the id of the first school of the workspace that a subject begins with."""
    linked = uow.schools.linked_to(WorkspaceKey.from_path(of))
    return linked[0].id if linked else None


def _of_mirror(uow: UnitOfWork, of: str) -> str | None:
    """Return the id of the school that decides the requests of the workspace that a subject begins with."""
    mirror = uow.mirrors.of(WorkspaceKey.from_path(of))
    return mirror.school_id if mirror else None


_SCHOOLS: Mapping[str, Callable[[UnitOfWork, str], str | None]] = {
    "join_request": _of_thing(lambda uow, of: uow.join_requests.by_id(of)),
    "invitation": _of_thing(lambda uow, of: uow.invitations.by_id(of)),
    "unreached": _of_name,
    "roster_import": _of_thing(lambda uow, of: uow.rosters.by_id(of)),
    "bulk_job": _of_thing(lambda uow, of: uow.bulk.by_id(of)),
    "broadcast": _of_thing(lambda uow, of: uow.broadcasts.by_id(of)),
    "message": _of_thing(lambda uow, of: uow.broadcasts.by_id(of.partition("/")[0])),
    "followed": _of_thing(lambda uow, of: uow.followings.by_id(of)),
    "digest": _of_name,
    "lost_channel": _of_name,
    "welcome": _of_workspace,
    "banned": _of_name,
    "lost_link": _of_name,
    "mirror": _of_mirror,
    "crowd": _of_name,
    "own_standing": _of_entry,
    "own_roles": _of_entry,
    "own_primary": _of_entry,
    "own_overseeing": _of_entry,
    "own_school": _of_entry,
}


def school_of(uow: UnitOfWork, subject: str) -> str | None:
    """Return the id of the school that a subject belongs to; None if it belongs to none."""
    kind, _, of = subject.partition(":")
    find = _SCHOOLS.get(kind)
    return find(uow, of) if find else None


def belongs_to_school(subject: str) -> bool:
    """Tell whether subjects of this kind belong to a school."""
    return subject.partition(":")[0] in _SCHOOLS


def tenant_of(uow: UnitOfWork, to: "Destination", school_id: str | None) -> str:
    """Return the tenant of a destination."""
    if to.platform is Platform.EMAIL:
        domain = address(uow, to.account or "").rpartition("@")[2].casefold()
        return f"{to.platform}/{hashlib.sha256(domain.encode()).hexdigest()[:_DOMAIN]}"
    if to.workspace is not None:
        return f"{to.platform}/{to.workspace}"
    if to.platform is Platform.SLACK:
        return f"{to.platform}/{(to.account or '').partition('/')[0]}"
    return f"{to.platform}/@{school_id or ''}"
