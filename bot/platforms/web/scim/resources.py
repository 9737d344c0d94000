"""The SCIM operations on users and groups; each is one unit of work, and returns the resulting resource."""

from collections.abc import Callable
from typing import Any, TypeAlias

from scim2_models import (
    Context,
    InvalidValueException,
    ListResponse,
    PatchOp,
    Resource,
    ResponseParameters,
    SearchRequest,
)
from starlette.responses import Response

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.scim import groups, users
from bot.core.scim.model import Group as KnownGroup
from bot.core.scim.queries import EVERYTHING, Query
from bot.platforms.web.scim import limits, wire
from bot.platforms.web.scim.answers import answer
from bot.platforms.web.scim.filters import query_of
from bot.platforms.web.scim.request import ScimRequest, bounds, search, wants_members
from bot.platforms.web.scim.schemas import POLICY, Group, User

_Kind: TypeAlias = type[Resource[Any]]
_Page: TypeAlias = tuple[int, list[Resource[Any]]]
_Shape: TypeAlias = ResponseParameters[Any]


# Users.


async def read_user(asked: ScimRequest) -> Response:
    """Return a user."""
    known = await asked.read(lambda uow, actor: users.shown(uow, actor, asked.id))
    return _shown(wire.user(asked.base, known), Context.RESOURCE_QUERY_RESPONSE, asked.shape)


async def create_user(asked: ScimRequest) -> Response:
    """Create a user."""
    with POLICY:
        told = User.model_validate(await asked.body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    wanted, shape = wire.wanted(told), asked.shape
    known = await asked.write(lambda uow, actor: users.create(uow, actor, wanted))
    return _created(wire.user(asked.base, known), shape)


async def replace_user(asked: ScimRequest) -> Response:
    """Replace all attributes of a user."""
    with POLICY:
        told = User.model_validate(await asked.body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    shape = asked.shape
    known = await asked.write(
        lambda uow, actor: users.change(uow, actor, asked.id, lambda before: wire.replaced_user(before, told))
    )
    return _shown(wire.user(asked.base, known), Context.RESOURCE_REPLACEMENT_RESPONSE, shape)


async def patch_user(asked: ScimRequest) -> Response:
    """Change some attributes of a user."""
    patch, shape = _patch(User, await asked.body()), asked.shape
    known = await asked.write(
        lambda uow, actor: users.change(
            uow, actor, asked.id, lambda before: wire.changed_user(asked.base, before, patch)
        )
    )
    return _shown(wire.user(asked.base, known), Context.RESOURCE_PATCH_RESPONSE, shape)


async def delete_user(asked: ScimRequest) -> Response:
    """Deactivate a user, who is not shown any more."""
    await asked.write(lambda uow, actor: users.delete(uow, actor, asked.id))
    return Response(status_code=204)


# Groups.


async def read_group(asked: ScimRequest) -> Response:
    """Return a group."""
    shape = asked.shape
    known = await asked.read(
        lambda uow, actor: _whole(uow, asked.base, groups.shown(uow, actor, asked.id), shape)
    )
    return _shown(known, Context.RESOURCE_QUERY_RESPONSE, shape)


async def create_group(asked: ScimRequest) -> Response:
    """Create a group."""
    with POLICY:
        told = Group.model_validate(await asked.body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    edit, shape = wire.edit(told), asked.shape

    def unit(uow: UnitOfWork, actor: Actor) -> Group:
        return _whole(uow, asked.base, groups.create(uow, actor, edit), shape)

    return _created(await asked.write(unit), shape)


async def replace_group(asked: ScimRequest) -> Response:
    """Replace all attributes and members of a group."""
    with POLICY:
        told = Group.model_validate(await asked.body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    shape = asked.shape

    def unit(uow: UnitOfWork, actor: Actor) -> Group:
        def changed(before: KnownGroup) -> groups.Edit:
            return wire.edit(told, frozenset(_ids(uow, before)))

        return _whole(uow, asked.base, groups.change(uow, actor, asked.id, changed), shape)

    return _shown(await asked.write(unit), Context.RESOURCE_REPLACEMENT_RESPONSE, shape)


async def patch_group(asked: ScimRequest) -> Response:
    """Change some attributes or members of a group; only the members that the PATCH names are read."""
    body, shape = await asked.body(), asked.shape
    patch, about = _patch(Group, body), wire.mentioned(body)
    if (
        about is None and wire.operations_in(body) > limits.WHOLE_GROUP_OPERATIONS
    ):  # each operation copies all members
        raise InvalidValueException(
            detail=f"At most {limits.WHOLE_GROUP_OPERATIONS} operations on all members at once"
        )

    def unit(uow: UnitOfWork, actor: Actor) -> Group:
        def changed(before: KnownGroup) -> groups.Edit:
            there = [user_id for user_id, _ in uow.scim_groups.members(before.id, about)]
            return wire.changed_group(asked.base, before, there, patch)

        return _whole(uow, asked.base, groups.change(uow, actor, asked.id, changed), shape)

    return _shown(await asked.write(unit), Context.RESOURCE_PATCH_RESPONSE, shape)


async def delete_group(asked: ScimRequest) -> Response:
    """Delete a group."""
    await asked.write(lambda uow, actor: groups.delete(uow, actor, asked.id))
    return Response(status_code=204)


def _whole(uow: UnitOfWork, base: str, known: KnownGroup, shape: _Shape) -> Group:
    return wire.group(base, known, _ids(uow, known) if wants_members(shape) else ())


def _ids(uow: UnitOfWork, known: KnownGroup) -> list[str]:
    return [user_id for user_id, _ in uow.scim_groups.members(known.id)]


# Searches.


async def list_users(asked: ScimRequest) -> Response:
    """List users."""
    return await _listed(asked, asked.query(User), [User], Context.RESOURCE_QUERY_RESPONSE)


async def list_groups(asked: ScimRequest) -> Response:
    """List groups."""
    return await _listed(asked, asked.query(Group), [Group], Context.RESOURCE_QUERY_RESPONSE)


async def search_users(asked: ScimRequest) -> Response:
    """List users by a search in the body, which keeps it out of logs."""
    return await _listed(asked, search(User, await asked.body()), [User], Context.SEARCH_RESPONSE)


async def search_groups(asked: ScimRequest) -> Response:
    """List groups by a search in the body."""
    return await _listed(asked, search(Group, await asked.body()), [Group], Context.SEARCH_RESPONSE)


async def search_all(asked: ScimRequest) -> Response:
    """List users and groups by a search in the body, all users first."""
    wanted = search(User | Group, await asked.body())
    return await _listed(asked, wanted, [User, Group], Context.SEARCH_RESPONSE)


async def _listed(
    asked: ScimRequest, wanted: SearchRequest[Any], kinds: list[_Kind], context: Context
) -> Response:
    start, limit = bounds(wanted)
    alone = len(kinds) == 1
    queries = [
        EVERYTHING if wanted.filter is None else query_of(one, wanted.filter, alone=alone) for one in kinds
    ]
    total, page = await asked.read(
        lambda uow, actor: _found(
            uow, actor, asked.base, wanted, zip(kinds, queries, strict=True), start, limit
        )
    )
    response = _LISTS[tuple(kinds)](
        total_results=total, start_index=start + 1, items_per_page=len(page), resources=page
    )
    return answer(response.model_dump(scim_ctx=context, response_parameters=wanted))


def _found(
    uow: UnitOfWork,
    actor: Actor,
    base: str,
    shape: _Shape,
    wanted: Any,
    start: int,
    limit: int,
) -> _Page:
    """Return the total number, and a page that is filled with one kind of resource after the other."""
    total, page = 0, list[Resource[Any]]()
    for kind, query in wanted:
        skipped = max(start - total, 0)
        number, some = _OF[kind](uow, actor, base, shape, query, skipped, limit - len(page))
        total += number
        page += some
    return total, page


def _users(
    uow: UnitOfWork, actor: Actor, base: str, _: _Shape, query: Query, start: int, limit: int
) -> _Page:
    page = users.found(uow, actor, query, start=start, limit=limit)
    return page.total, [wire.user(base, one) for one in page.users]


def _groups(
    uow: UnitOfWork, actor: Actor, base: str, shape: _Shape, query: Query, start: int, limit: int
) -> _Page:
    page = groups.found(uow, actor, query, start=start, limit=limit)
    return page.total, [_whole(uow, base, one, shape) for one in page.groups]


_OF: dict[_Kind, Callable[..., _Page]] = {User: _users, Group: _groups}
_LISTS: dict[tuple[_Kind, ...], Any] = {
    (User,): ListResponse[User],
    (Group,): ListResponse[Group],
    (User, Group): ListResponse[User | Group],
}


def _patch(kind: Any, body: dict[str, Any]) -> Any:
    if wire.operations_in(body) > limits.OPERATIONS:
        raise InvalidValueException(detail=f"At most {limits.OPERATIONS} operations at once")
    with POLICY:
        return PatchOp[kind].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)


def _shown(resource: Resource[Any], context: Context, shape: _Shape) -> Response:
    return answer(resource.model_dump(scim_ctx=context, response_parameters=shape))


def _created(resource: Resource[Any], shape: _Shape) -> Response:
    content = resource.model_dump(scim_ctx=Context.RESOURCE_CREATION_RESPONSE, response_parameters=shape)
    where = resource.meta.location if resource.meta else None
    return answer(content, 201, {"Location": str(where)})
