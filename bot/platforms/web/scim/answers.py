"""Responses in the format of SCIM; errors say no more than the client may know."""

import json
import math
from typing import Any

from pydantic import ValidationError
from scim2_models import Error, SCIMException
from starlette.responses import Response

from bot.core.errors import (
    AboveYou,
    BadValue,
    EmailTaken,
    LimitReached,
    NotFound,
    PrimaryAdminProtected,
    Refusal,
)
from bot.core.joining_errors import MembershipBarred
from bot.core.scim.errors import UserNameTaken

MEDIA_TYPE = "application/scim+json"
# For each refusal: the status, the error keyword of RFC 7644, and words for the identity provider's admin.
_REFUSED: dict[type[Refusal], tuple[int, str | None, str]] = {
    NotFound: (404, None, "There is no such resource"),
    UserNameTaken: (409, "uniqueness", "Another user has that userName"),
    EmailTaken: (
        409,
        "uniqueness",
        "Somebody has that address already: find them by a filter, or invite them",
    ),
    AboveYou: (403, None, "They have rights beyond those of a District Admin"),
    PrimaryAdminProtected: (
        403,
        None,
        "They are the Primary Admin of a school: make another admin Primary first",
    ),
    LimitReached: (403, None, "A school of the district is full"),
    MembershipBarred: (403, None, "They are kept out of a school of the district"),
}


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response with a resource or a message."""
    return Response(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def refused(
    status: int, detail: str, scim_type: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Return an error response."""
    error = Error(status=status, scim_type=scim_type, detail=detail)
    return answer(error.model_dump(), status, headers)


def unauthorized() -> Response:
    """Return the response to a request without a valid token; it is the same whatever is wrong with it."""
    return refused(401, "A token that works is needed", headers={"WWW-Authenticate": 'Bearer realm="SCIM"'})


def too_many(seconds: float) -> Response:
    """Return the response to a client that sends too many requests."""
    wait = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return refused(429, "Too many requests", headers=wait)


def of_error(error: Exception) -> Response | None:
    """Return the response to an error in the request; None if the error is our own."""
    if isinstance(error, ValidationError):
        told = Error.from_validation_error(error.errors(include_url=False)[0])
        return answer(told.model_dump(), told.status or 400)
    if isinstance(error, SCIMException):
        told = error.to_error()
        return answer(told.model_dump(), told.status or 400)
    if isinstance(error, BadValue):
        return refused(400, f"{error.option} {error.problem}", "invalidValue")
    if isinstance(error, Refusal) and type(error) in _REFUSED:
        status, scim_type, detail = _REFUSED[type(error)]
        return refused(status, detail, scim_type)
    return refused(403, "That is not permitted") if isinstance(error, Refusal) else None
