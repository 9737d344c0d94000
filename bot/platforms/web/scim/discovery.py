"""The discovery resources of SCIM: features, schemas and resource types. `app` checks the token first."""

from typing import Any

from scim2_models import Context, ListResponse, ResourceType, Schema
from starlette.responses import Response

from bot.core.errors import NotFound
from bot.platforms.web.scim.answers import answer
from bot.platforms.web.scim.request import ScimRequest
from bot.platforms.web.scim.schemas import PROVIDER

_CONFIG = "ServiceProviderConfig"


async def config(asked: ScimRequest) -> Response:
    """Return the features that are supported."""
    shown = PROVIDER.config
    assert shown is not None  # noqa: S101 - it is set in `schemas`
    return answer({**_dumped(shown), "meta": _meta(_CONFIG, f"{asked.base}/{_CONFIG}")})


async def schemas(asked: ScimRequest) -> Response:
    """List the schemas."""
    return await _all(asked, Schema, PROVIDER.schemas, "Schemas")


async def schema(asked: ScimRequest) -> Response:
    """Return a schema."""
    return await _one(asked, PROVIDER.schemas, "Schemas")


async def resource_types(asked: ScimRequest) -> Response:
    """List the resource types."""
    return await _all(asked, ResourceType, PROVIDER.resource_types, "ResourceTypes")


async def resource_type(asked: ScimRequest) -> Response:
    """Return a resource type."""
    return await _one(asked, PROVIDER.resource_types, "ResourceTypes")


async def _all(asked: ScimRequest, kind: Any, known: Any, where: str) -> Response:
    listed = ListResponse[kind](
        total_results=len(known), start_index=1, items_per_page=len(known), resources=list(known)
    )
    content = listed.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    for one in content["Resources"]:
        one["meta"] = _meta(where.removesuffix("s"), f"{asked.base}/{where}/{one['id']}")
    return answer(content)


async def _one(asked: ScimRequest, known: Any, where: str) -> Response:
    found = next((one for one in known if one.id == asked.id), None)
    if found is None:
        raise NotFound("resource")
    meta = _meta(where.removesuffix("s"), f"{asked.base}/{where}/{asked.id}")
    return answer({**_dumped(found), "meta": meta})


def _dumped(resource: Any) -> dict[str, Any]:
    content: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return content


def _meta(kind: str, location: str) -> dict[str, str]:
    return {"resourceType": kind, "location": location}
