"""Routes SCIM requests to what they do; without a valid token, a client does not learn which routes exist."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from bot.chat.runner import Runner
from bot.core.errors import NotFound
from bot.core.ids import hash_of
from bot.platforms.web.guard import Proxies
from bot.platforms.web.scim import answers, discovery, limits, resources
from bot.platforms.web.scim.rate import Rate
from bot.platforms.web.scim.request import InvalidToken, Malformed, ScimRequest, TooLarge

_Act: TypeAlias = Callable[[ScimRequest], Awaitable[Response]]
_BEARER = "bearer"
_LONGEST = 200
# What each method does at a path; True stands for the path of one resource, which ends with its id.
_TABLE: dict[tuple[str, bool], dict[str, _Act]] = {
    ("Users", False): {"GET": resources.list_users, "POST": resources.create_user},
    ("Users", True): {
        "GET": resources.read_user,
        "PUT": resources.replace_user,
        "PATCH": resources.patch_user,
        "DELETE": resources.delete_user,
    },
    ("Groups", False): {"GET": resources.list_groups, "POST": resources.create_group},
    ("Groups", True): {
        "GET": resources.read_group,
        "PUT": resources.replace_group,
        "PATCH": resources.patch_group,
        "DELETE": resources.delete_group,
    },
    ("Users/.search", False): {"POST": resources.search_users},
    ("Groups/.search", False): {"POST": resources.search_groups},
    (".search", False): {"POST": resources.search_all},
    ("ServiceProviderConfig", False): {"GET": discovery.config},
    ("Schemas", False): {"GET": discovery.schemas},
    ("Schemas", True): {"GET": discovery.schema},
    ("ResourceTypes", False): {"GET": discovery.resource_types},
    ("ResourceTypes", True): {"GET": discovery.resource_type},
}


class Scim:
    """Serves SCIM for all districts; the token says which district a request is about."""

    def __init__(self, runner: Runner, proxies: Proxies) -> None:
        """Serve the database of a Runner."""
        self._runner = runner
        self._proxies = proxies
        self._rate = Rate(limits.BURST, limits.PER_SECOND)
        self._wrong = Rate(limits.WRONG_BURST, limits.WRONG_PER_SECOND)

    async def answer(self, request: Request) -> Response:
        """Return the response to a request."""
        presented = _presented(request)
        wait = self._rate.wait(hash_of(presented))
        if wait:
            return answers.too_many(wait)
        path = str(request.path_params["path"]).strip("/")
        known = _TABLE.get((path, False))
        name, _, resource_id = ("", "", "") if known else path.partition("/")
        known = known or (_TABLE.get((name, True)) if resource_id.isprintable() and resource_id else None)
        asked = ScimRequest(request, self._runner, presented, resource_id)
        method = "GET" if request.method == "HEAD" else request.method
        act = known.get(method, _not_allowed(known)) if known else _not_found
        return await self._done(request, act, asked)

    async def _done(self, request: Request, act: _Act, asked: ScimRequest) -> Response:
        try:
            await asked.admitted()
            return await act(asked)
        except InvalidToken:
            wait = self._wrong.wait(self._proxies.address(request.scope))
            return answers.too_many(wait) if wait else answers.unauthorized()
        except TooLarge:
            return answers.refused(413, f"At most {limits.BODY} bytes are read")
        except Malformed:
            return answers.refused(400, "The body is no JSON object, or says a thing twice", "invalidSyntax")
        except Exception as error:
            told = answers.of_error(error)
            if told is None:
                raise
            return told


def _presented(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip()[:_LONGEST] if scheme.casefold() == _BEARER else ""


async def _not_found(_: ScimRequest) -> Response:
    raise NotFound("resource")


def _not_allowed(known: dict[str, _Act]) -> _Act:
    async def act(_: ScimRequest) -> Response:
        return answers.refused(405, "That is not done here", headers={"Allow": ", ".join(known)})

    return act
