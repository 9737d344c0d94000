"""A request of an identity provider: its token, its body, and the units of work that are run for it."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from scim2_models import InvalidFilterException, ResponseParameters, SearchRequest
from starlette.requests import Request

from bot.chat.runner import Runner
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.scim import tokens
from bot.core.scim.model import ROOT, Token
from bot.platforms.web.scim import limits
from bot.platforms.web.scim.schemas import POLICY

T = TypeVar("T")
_MEMBERS = "members"


class InvalidToken(Exception):
    """Raised if the token is not valid."""


class TooLarge(Exception):
    """Raised if the body is larger than the limit."""


class Malformed(Exception):
    """Raised if the body is not a JSON object, or says something twice: SCIM reads names in any case."""


class ScimRequest:
    """A request. Every unit of work checks the token again, so that a revoked one does nothing more."""

    def __init__(self, request: Request, runner: Runner, presented: str, resource_id: str) -> None:
        """Take a request, the token that it presents, and the resource id in its path."""
        self._request = request
        self._runner = runner
        self._presented = presented
        self.id = resource_id
        self.base = (runner.links.base or str(request.base_url).rstrip("/")) + ROOT

    @property
    def shape(self) -> ResponseParameters[Any]:
        """The attributes that the response is to have or to leave out."""
        with POLICY:
            return ResponseParameters.model_validate(dict(self._request.query_params))

    def query(self, kinds: Any) -> SearchRequest[Any]:
        """Return the search in the query string."""
        return search(kinds, dict(self._request.query_params))

    async def admitted(self) -> None:
        """Raise `InvalidToken` if the token is not valid, before anything else of the request is read."""
        await self.read(lambda _uow, _actor: None)

    async def body(self) -> dict[str, Any]:
        """Return the body; raises `TooLarge` and `Malformed`."""
        read = bytearray()
        async for part in self._request.stream():
            read += part
            if len(read) > limits.BODY:
                raise TooLarge
        try:
            told = json.loads(bytes(read))
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or len({name.lower() for name in told}) < len(told):
            raise Malformed
        return told

    async def read(self, unit: Callable[[UnitOfWork, Actor], T]) -> T:
        """Run a unit of work that only reads; raises `InvalidToken`."""
        unnoted: list[Token] = []

        def admitted(uow: UnitOfWork) -> T:
            token = self._token(uow)
            if tokens.due_to_note(token, uow.now):
                unnoted.append(token)
            with POLICY:
                return unit(uow, tokens.acting_for(token.district_id))

        found = await self._runner.database.read(admitted)
        if unnoted:  # a unit that reads cannot store when the token was used
            token_id = unnoted[-1].id
            await self._runner.database.run(lambda uow: uow.scim_tokens.mark_used(token_id, uow.now))
        return found

    async def write(self, unit: Callable[[UnitOfWork, Actor], T]) -> T:
        """Run a unit of work that changes something; raises `InvalidToken`."""

        def admitted(uow: UnitOfWork) -> T:
            token = self._token(uow)
            if tokens.due_to_note(token, uow.now):
                uow.scim_tokens.mark_used(token.id, uow.now)
            with POLICY:
                return unit(uow, tokens.acting_for(token.district_id))

        return await self._runner.database.run(admitted)

    def _token(self, uow: UnitOfWork) -> Token:
        token = tokens.authenticate(uow, self._presented)
        if token is None:
            raise InvalidToken
        return token


def search(kinds: Any, told: dict[str, Any]) -> SearchRequest[Any]:
    """Return a search from its JSON; raises `InvalidFilterException`."""
    if any(len(str(value)) > limits.FILTER for name, value in told.items() if name.lower() == "filter"):
        raise InvalidFilterException(detail="The filter is too long")
    try:
        with POLICY:
            asked: SearchRequest[Any] = SearchRequest[kinds].model_validate(told)
    except RecursionError:
        raise InvalidFilterException(detail="The filter is too deep") from None
    return asked


def bounds(asked: SearchRequest[Any]) -> tuple[int, int]:
    """Return how many resources to skip, and how many to return at most."""
    start = min(max((asked.start_index or 1) - 1, 0), limits.MAX_SKIPPED)
    count = limits.PAGE if asked.count is None else asked.count
    return start, min(max(count, 0), limits.PAGE)


def wants_members(shape: ResponseParameters[Any]) -> bool:
    """Tell whether the response has the members of groups, which are slow to read for a large group."""
    excluded = {str(one).casefold().rpartition(":")[2] for one in shape.excluded_attributes or []}
    included = [str(one).casefold().rpartition(":")[2] for one in shape.attributes or []]
    shown = not included or any(one.partition(".")[0] == _MEMBERS for one in included)
    return shown and _MEMBERS not in excluded
