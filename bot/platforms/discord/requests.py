"""Requests that people make on Discord's own form to join a server: seen, and decided."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import discord
from discord.http import Route

from bot.chat.request_inbox import InboxClosed
from bot.chat.text import called
from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.mirror_answers import Answer
from bot.core.mirror_ports import Applied, Fate, MirrorProblem, Requests
from bot.core.questions import Answer as Answered
from bot.platforms.discord.failures import connected, failures

_PAGE, _MOST_PAGES = 100, 10
_LONGEST_REASON = 160
_WAITING, _APPROVED, _REJECTED = "SUBMITTED", "APPROVED", "REJECTED"
_FORBIDDEN, _NOT_FOUND, _CLIENT = 403, 404, 500
# Discord's codes: no such server, or we are not in it.
_NO_SERVER = {10004, 50001}
# Where a server takes no applications, or has none of that name, Discord says one of these.
_NOT_TAKEN = {400, 404}
_Json = Mapping[str, Any]


class DiscordRequests:
    """Sees and decides them as the client that is logged in now; see `RequestInbox`."""

    def __init__(self, client: Callable[[], discord.Client | None]) -> None:
        """Take a way to the client, which a new login replaces."""
        self._client = client

    async def look(self, workspace: WorkspaceKey, known: Sequence[str]) -> Requests:
        """List what waits, and look for those that were known and wait no more."""
        guild = int(workspace.external_id)
        async with failures():
            try:
                waiting, whole = await self._listed(guild, _WAITING)
                lost = set(known) - waiting.keys() if whole else set()
                let_in, all_in = await self._of(guild, _APPROVED, lost)
                turned_away, all_away = await self._of(guild, _REJECTED, lost - let_in)
            except discord.HTTPException as refused:
                _explain(refused)
                raise
        found = tuple(_applied(one) for one in waiting.values() if not (one.get("user") or {}).get("bot"))
        return Requests(found, let_in, turned_away, whole and all_in and all_away)

    async def answer(self, answer: Answer) -> Fate:
        """Let somebody in or turn them away. Where Discord does not take it, look how it stands there."""
        guild, own = int(answer.to.workspace.external_id), answer.to.external_id
        route = Route(
            "PATCH", "/guilds/{guild_id}/requests/{request_id}", guild_id=guild, request_id=int(own)
        )
        body = {"action": _APPROVED if answer.lets_in else _REJECTED}
        if answer.reason and not answer.lets_in:
            body["rejection_reason"] = _short(answer.reason)
        async with failures():
            try:
                await self._http.request(route, json=body)
            except discord.HTTPException as refused:
                if refused.status == _FORBIDDEN:
                    _explain(refused)
                seen = await self.look(answer.to.workspace, [own]) if refused.status < _CLIENT else None
                fate = _fate(seen, own) if seen else Fate.WAITING
                if fate is Fate.WAITING:
                    raise
                return fate
        return Fate.ANSWERED

    async def _of(self, guild: int, status: str, lost: set[str]) -> tuple[frozenset[str], bool]:
        """Tell which of these stand so, and whether these are all; asked only where there are any."""
        if not lost:
            return frozenset(), True
        found, whole = await self._listed(guild, status, after=min(map(int, lost)) - 1)
        return frozenset(lost & found.keys()), whole or lost <= found.keys()

    async def _listed(
        self, guild: int, status: str, after: int | None = None
    ) -> tuple[dict[str, _Json], bool]:
        """List requests by their ids, and tell whether that is all of them.

        Discord does not say in which order they come, so it is gone on from both ends of what is known.
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
        told = await self._http.request(route, params=params)
        return {str(one["id"]): one for one in told.get("guild_join_requests") or ()}

    @property
    def _http(self) -> Any:
        return connected(self._client()).http


def _explain(refused: discord.HTTPException) -> None:
    """Say what stands in the way, where it is more than this one call."""
    if refused.code in _NO_SERVER:
        raise InboxClosed(MirrorProblem.GONE) from refused
    if refused.status == _FORBIDDEN:
        raise InboxClosed(MirrorProblem.NO_RIGHT) from refused
    if refused.status in _NOT_TAKEN:
        raise InboxClosed(MirrorProblem.NOT_USED) from refused


def _fate(seen: Requests, own: str) -> Fate:
    if own in seen.let_in:
        return Fate.LET_IN
    if own in seen.turned_away:
        return Fate.TURNED_AWAY
    waits = not seen.whole or own in {one.external_id for one in seen.waiting}
    return Fate.WAITING if waits else Fate.GONE


def _short(reason: str) -> str:
    """Fit a reason into what Discord shows of it; here it stands whole."""
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1].rstrip() + "…"


def _applied(one: _Json) -> Applied:
    user, own = one.get("user") or {}, str(one["user_id"])
    name = called(user.get("global_name"), user.get("username"), own)
    return Applied(str(one["id"]), AccountKey(Platform.DISCORD, own), name, _answers(one))


def _answers(one: _Json) -> tuple[Answered, ...]:
    """Read what somebody wrote on the form; that they agree to the rules is no answer to a question."""
    pairs = ((str(each.get("label") or ""), _said(each)) for each in one.get("form_responses") or ())
    return tuple(Answered(label, said) for label, said in pairs if said)


def _said(field: _Json) -> str:
    said = field.get("response")
    if field["field_type"] == "MULTIPLE_CHOICE":
        choices = field.get("choices") or ()
        return str(choices[said]) if isinstance(said, int) and 0 <= said < len(choices) else ""
    return said.strip() if isinstance(said, str) else ""
