"""One request of an identity provider: its token, its body, and how a unit of work is run for it."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from scim2_models import InvalidFilterException, ResponseParameters, SearchRequest
from starlette.requests import Request

from bot.chat.runner import Runner
from bot.core.actors import Actor
from bot.core.ports import UnitOfWork
from bot.core.scim import tokens
from bot.core.scim.model import ROOT, Token
from bot.platforms.web.scim import limits
from bot.platforms.web.scim.schemas import POLICY

T = TypeVar("T")
_MEMBERS = "members"


class NotAdmitted(Exception):
    """The token lets nobody in."""


class TooLarge(Exception):
    """The body is larger than anything that is accepted."""


class Malformed(Exception):
    """The body is no object of JSON."""


class Asked:
    """One request. Every unit of work lets the token in for itself: a revoked one does nothing more."""

    def __init__(self, request: Request, runner: Runner, presented: str, resource_id: str) -> None:
        """Take a request as it came."""
        self._request = request
        self._runner = runner
        self._presented = presented
        self.id = resource_id
        self.base = (runner.links.base or str(request.base_url).rstrip("/")) + ROOT

    @property
    def shape(self) -> ResponseParameters[Any]:
        """Which attributes the answer is to have."""
        with POLICY:
            return ResponseParameters.model_validate(dict(self._request.query_params))

    def query(self, kinds: Any) -> SearchRequest[Any]:
        """Read what is looked for from the address."""
        return search(kinds, dict(self._request.query_params))

    async def admitted(self) -> None:
        """Refuse whoever has no token that works before anything that they say is read."""
        await self.read(lambda _uow, _actor: None)

    async def body(self) -> dict[str, Any]:
        """Read the body, up to the limit."""
        read = bytearray()
        async for part in self._request.stream():
            read += part
            if len(read) > limits.BODY:
                raise TooLarge
        try:
            told = json.loads(bytes(read))
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise Malformed
        return told

    async def read(self, unit: Callable[[UnitOfWork, Actor], T]) -> T:
        """Look something up, if the token works."""
        unnoted: list[Token] = []

        def admitted(uow: UnitOfWork) -> T:
            token = self._token(uow)
            if tokens.due_to_note(token, uow.now):
                unnoted.append(token)
            with POLICY:
                return unit(uow, tokens.acting_for(token.district_id))

        found = await self._runner.database.read(admitted)
        if unnoted:  # a unit that reads writes nothing
            token_id = unnoted[-1].id
            await self._runner.database.run(lambda uow: uow.scim_tokens.used(token_id, uow.now))
        return found

    async def write(self, unit: Callable[[UnitOfWork, Actor], T]) -> T:
        """Change something, if the token works."""

        def admitted(uow: UnitOfWork) -> T:
            token = self._token(uow)
            if tokens.due_to_note(token, uow.now):
                uow.scim_tokens.used(token.id, uow.now)
            with POLICY:
                return unit(uow, tokens.acting_for(token.district_id))

        return await self._runner.database.run(admitted)

    def _token(self, uow: UnitOfWork) -> Token:
        token = tokens.admitted(uow, self._presented)
        if token is None:
            raise NotAdmitted
        return token


def search(kinds: Any, told: dict[str, Any]) -> SearchRequest[Any]:
    """Read what is looked for."""
    if len(str(told.get("filter") or "")) > limits.FILTER:
        raise InvalidFilterException(detail="The filter is too long")
    try:
        with POLICY:
            asked: SearchRequest[Any] = SearchRequest[kinds].model_validate(told)
    except RecursionError:
        raise InvalidFilterException(detail="The filter is too deep") from None
    return asked


def bounds(asked: SearchRequest[Any]) -> tuple[int, int]:
    """Return how many are skipped, and how many are shown at most."""
    start = min(max((asked.start_index or 1) - 1, 0), limits.FURTHEST)
    count = limits.PAGE if asked.count is None else asked.count
    return start, min(max(count, 0), limits.PAGE)


def wants_members(shape: ResponseParameters[Any]) -> bool:
    """Tell whether the members of groups are to be shown: of a large group they are much to read."""
    excluded = {str(one).casefold().rpartition(":")[2] for one in shape.excluded_attributes or []}
    included = [str(one).casefold().rpartition(":")[2] for one in shape.attributes or []]
    shown = not included or any(one.partition(".")[0] == _MEMBERS for one in included)
    return shown and _MEMBERS not in excluded
