"""Join requests that people make on Discord's own form: listed, and let in or turned away."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import discord
from discord.http import Route

from bot.chat.request_inbox import InboxClosed
from bot.chat.text import display_name
from bot.core.requests.mirror_answers import RequestAnswer
from bot.core.requests.mirror_ports import (
    MirrorProblem,
    PlatformRequest,
    PlatformRequests,
    PlatformRequestState,
)
from bot.core.requests.questions import Answer
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.platforms.discord.failures import connected, translated_errors

_PAGE, _MOST_PAGES = 100, 10
_LONGEST_REASON = 160
_WAITING, _APPROVED, _REJECTED = "SUBMITTED", "APPROVED", "REJECTED"
_FORBIDDEN = 403
_SERVER_ERRORS = 500  # from this HTTP status on, the fault is Discord's, and says nothing of the request
# Discord's codes: no such server, or we are not in it.
_NO_SERVER = {10004, 50001}
# HTTP statuses by which Discord says that a server takes no requests, or that there is no such request.
_NOT_TAKEN = {400, 404}
_Json = Mapping[str, Any]


class DiscordRequests:
    """Lists and decides these requests by whichever client is logged in; see `RequestInbox`."""

    def __init__(self, client: Callable[[], discord.Client | None]) -> None:
        """Take a function that returns the current client; a new login replaces it."""
        self._client = client

    async def look(self, workspace: WorkspaceKey, known: Sequence[str]) -> PlatformRequests:
        """List the waiting requests, and find out what became of the known ones that no longer wait."""
        guild = int(workspace.external_id)
        async with translated_errors():
            try:
                waiting, whole = await self._listed(guild, _WAITING)
                lost = set(known) - waiting.keys() if whole else set()
                let_in, all_in = await self._with_status(guild, _APPROVED, lost)
                turned_away, all_away = await self._with_status(guild, _REJECTED, lost - let_in)
            except discord.HTTPException as refused:
                _raise_inbox_closed(refused)
                raise
        found = tuple(_applied(one) for one in waiting.values() if not (one.get("user") or {}).get("bot"))
        return PlatformRequests(found, let_in, turned_away, whole and all_in and all_away)

    async def answer(self, answer: RequestAnswer) -> PlatformRequestState:
        """Let an applicant in or turn them away; if Discord refuses, return how the request stands there."""
        guild, request_id = int(answer.to.workspace.external_id), answer.to.external_id
        route = Route(
            "PATCH", "/guilds/{guild_id}/requests/{request_id}", guild_id=guild, request_id=int(request_id)
        )
        body = {"action": _APPROVED if answer.lets_in else _REJECTED}
        if answer.reason and not answer.lets_in:
            body["rejection_reason"] = _short(answer.reason)
        async with translated_errors():
            try:
                await self._http.request(route, json=body)
            except discord.HTTPException as refused:
                if refused.status == _FORBIDDEN:
                    _raise_inbox_closed(refused)
                seen = (
                    await self.look(answer.to.workspace, [request_id])
                    if refused.status < _SERVER_ERRORS
                    else None
                )
                state = _state_of(seen, request_id) if seen else PlatformRequestState.WAITING
                if state is PlatformRequestState.WAITING:
                    raise
                return state
        return PlatformRequestState.ANSWERED

    async def _with_status(self, guild: int, status: str, lost: set[str]) -> tuple[frozenset[str], bool]:
        """Return which of the `lost` requests have a status, and whether the answer covers all of them."""
        if not lost:
            return frozenset(), True
        found, whole = await self._listed(guild, status, after=min(map(int, lost)) - 1)
        return frozenset(lost & found.keys()), whole or lost <= found.keys()

    async def _listed(
        self, guild: int, status: str, after: int | None = None
    ) -> tuple[dict[str, _Json], bool]:
        """Return requests by id, and whether these are all of them.

        Discord does not document their order, so pages are read in both directions from those that are known.
        """
        found = await self._page(guild, status, **({} if after is None else {"after": after}))
        pages = 1
        for way in ("after", "before") if len(found) == _PAGE else ():
            while pages < _MOST_PAGES:
                edge = max(map(int, found)) if way == "after" else min(map(int, found))
                if way == "before" and after is not None and edge <= after:
                    break
                page = await self._page(guild, status, **{way: edge})
                pages += 1
                fresh = page.keys() - found.keys()
                found |= page
                if not fresh or len(page) < _PAGE:
                    break
            else:
                return found, False
        return found, True

    async def _page(self, guild: int, status: str, **edge: int) -> dict[str, _Json]:
        params = {"status": status, "limit": _PAGE, **edge}
        route = Route("GET", "/guilds/{guild_id}/requests", guild_id=guild)
        answer = await self._http.request(route, params=params)
        return {str(one["id"]): one for one in answer.get("guild_join_requests") or ()}

    @property
    def _http(self) -> Any:
        return connected(self._client()).http


def _raise_inbox_closed(refused: discord.HTTPException) -> None:
    """Raise `InboxClosed` for an error that affects the whole server rather than this one request."""
    if refused.code in _NO_SERVER:
        raise InboxClosed(MirrorProblem.GONE) from refused
    if refused.status == _FORBIDDEN:
        raise InboxClosed(MirrorProblem.NO_RIGHT) from refused
    if refused.status in _NOT_TAKEN:
        raise InboxClosed(MirrorProblem.NOT_USED) from refused


def _state_of(seen: PlatformRequests, request_id: str) -> PlatformRequestState:
    if request_id in seen.let_in:
        return PlatformRequestState.LET_IN
    if request_id in seen.turned_away:
        return PlatformRequestState.TURNED_AWAY
    waits = not seen.whole or request_id in {one.external_id for one in seen.waiting}
    return PlatformRequestState.WAITING if waits else PlatformRequestState.GONE


def _short(reason: str) -> str:
    """Cut a reason to the length that Discord accepts; our own card shows it in full."""
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1].rstrip() + "…"


def _applied(one: _Json) -> PlatformRequest:
    user, user_id = one.get("user") or {}, str(one["user_id"])
    name = display_name(user.get("global_name"), user.get("username"), user_id)
    return PlatformRequest(str(one["id"]), AccountKey(Platform.DISCORD, user_id), name, _answers(one))


def _answers(one: _Json) -> tuple[Answer, ...]:
    """Return what an applicant wrote on the form; accepting the rules is not an answer to a question."""
    pairs = ((str(each.get("label") or ""), _said(each)) for each in one.get("form_responses") or ())
    return tuple(Answer(label, said) for label, said in pairs if said)


def _said(field: _Json) -> str:
    said = field.get("response")
    if field["field_type"] == "MULTIPLE_CHOICE":
        choices = field.get("choices") or ()
        return str(choices[said]) if isinstance(said, int) and 0 <= said < len(choices) else ""
    return said.strip() if isinstance(said, str) else ""
