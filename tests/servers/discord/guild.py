"""The guild: its members, roles and bans, and the requests to join it that Discord's own form creates."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.servers.discord import payloads

_NO_GUILD, _NO_MEMBER, _NO_ROLE = 10004, 10007, 10011
_SEES_BANS = 1 << 2 | 1 << 3 | 1 << 7  # BAN_MEMBERS, ADMINISTRATOR, VIEW_AUDIT_LOG
_DECIDED = {"APPROVED", "REJECTED"}
Route = tuple[str, str, Callable[[web.Request, Any], Any]]


class Refused(Exception):
    """Discord refuses a request, with an HTTP status and an error code of its own."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__()
        self.status, self.code = status, code


class Guild:
    """One guild, with the REST calls about it and what people do there."""

    def __init__(self) -> None:
        self.guild = payloads.guild()
        self.own_roles: list[str] = []
        self.members = {
            number: payloads.member(payloads.user(number, name)) for name, number in payloads.PEOPLE.items()
        }
        self.bans: dict[str, dict[str, Any]] = {}
        self.join_requests: dict[str, dict[str, Any]] = {}
        self.page = 100
        self.without_bot = False
        self.newest_first = True
        self._ids = map(str, itertools.count(800000000000000001))

    def routes(self) -> list[Route]:
        """List the REST calls about the guild: method, path and handler."""
        there, member = "/guilds/{guild}", "/guilds/{guild}/members/{user}"
        return [
            ("GET", there, self._guild),
            ("GET", f"{there}/channels", lambda *asked: self._guild(*asked)["channels"]),
            ("GET", f"{there}/members", self._list_members),
            ("GET", member, self._member),
            ("PUT", f"{member}/roles/{{role}}", self._give),
            ("DELETE", f"{member}/roles/{{role}}", self._take),
            ("GET", f"{there}/roles", lambda *asked: self._guild(*asked)["roles"]),
            ("POST", f"{there}/roles", self._make_role),
            ("PATCH", f"{there}/roles/{{role}}", self._change_role),
            ("GET", f"{there}/bans", self._list_bans),
            ("GET", f"{there}/requests", self._list_requests),
            ("PATCH", f"{there}/requests/{{request}}", self._decide),
        ]

    def tells(self, event: str) -> bool:
        """Tell whether the bot receives an event; events about bans need BAN_MEMBERS or VIEW_AUDIT_LOG.

        See docs.discord.com/developers/events/gateway-events, "Guild Ban Add".
        """
        return not event.startswith("GUILD_BAN_") or self.has(_SEES_BANS)

    def has(self, any_of: int) -> bool:
        """Tell whether the bot's roles give it at least one of these permissions."""
        own = {payloads.GUILD, *self.own_roles}
        return any(int(one["permissions"]) & any_of for one in self.guild["roles"] if one["id"] in own)

    def own_member(self) -> dict[str, Any]:
        """Describe the bot as a member."""
        return {**payloads.member(payloads.BOT), "roles": self.own_roles}

    def whole(self) -> dict[str, Any]:
        """Describe the guild as the gateway does on connecting, with the bot as the only member named.

        See docs.discord.com/developers/events/gateway-events, "Guild Create".
        """
        return {**self.guild, "members": [self.own_member()]}

    # Handlers of the bot's REST calls.

    def _guild(self, request: web.Request, _: object) -> dict[str, Any]:
        if self.without_bot:
            raise Refused(404, _NO_GUILD)
        return {payloads.GUILD: self.guild}[request.match_info["guild"]]

    def _member(self, request: web.Request, _: object) -> dict[str, Any]:
        self._guild(request, None)
        user = request.match_info["user"]
        if user == payloads.APPLICATION:
            return self.own_member()
        return self._there(user)

    def _there(self, user: str) -> dict[str, Any]:
        if user not in self.members:
            raise Refused(404, _NO_MEMBER)
        return self.members[user]

    def _list_members(self, request: web.Request, _: object) -> list[dict[str, Any]]:
        self._guild(request, None)
        return _page(self.members, request.query)

    def _list_bans(self, request: web.Request, _: object) -> list[dict[str, Any]]:
        self._guild(request, None)
        return _page(self.bans, request.query)

    def _role(self, request: web.Request) -> dict[str, Any]:
        roles = {one["id"]: one for one in self._guild(request, None)["roles"]}
        if request.match_info["role"] not in roles:
            raise Refused(404, _NO_ROLE)
        found: dict[str, Any] = roles[request.match_info["role"]]
        return found

    def _give(self, request: web.Request, _: object) -> None:
        role, has = self._role(request)["id"], self._there(request.match_info["user"])["roles"]
        if role not in has:
            has.append(role)

    def _take(self, request: web.Request, _: object) -> None:
        role, has = self._role(request)["id"], self._there(request.match_info["user"])["roles"]
        if role in has:
            has.remove(role)

    def _make_role(self, request: web.Request, body: Mapping[str, Any]) -> dict[str, Any]:
        self._guild(request, None)
        return self.add_role(str(body.get("name", "new role")), 1)

    def _change_role(self, request: web.Request, body: Mapping[str, Any]) -> dict[str, Any]:
        changed = self._role(request)
        changed.update(body)
        return changed

    def _list_requests(self, request: web.Request, _: object) -> dict[str, Any]:
        self._guild(request, None)
        asked = request.query
        after, before = int(asked.get("after", 0)), int(asked.get("before", 1 << 63))
        fitting = [
            one
            for number, one in self.join_requests.items()
            if after < int(number) < before and asked.get("status") in {None, one["application_status"]}
        ]
        fitting.sort(key=lambda one: int(one["id"]), reverse=self.newest_first)
        return {"total": len(fitting), "guild_join_requests": fitting[: min(int(asked["limit"]), self.page)]}

    def _decide(self, request: web.Request, body: Mapping[str, Any]) -> dict[str, Any]:
        self._guild(request, None)
        wanted = self.join_requests[request.match_info["request"]]
        if wanted["application_status"] in _DECIDED:
            raise Refused(400, 0)
        self.decide(wanted["id"], body["action"], body.get("rejection_reason"), by=payloads.BOT)
        return wanted

    # What people do in the guild.

    def add_role(self, name: str, position: int, permissions: int = 0) -> dict[str, Any]:
        """Add a role to the guild."""
        made = payloads.role(next(self._ids), name, position, permissions)
        self.guild["roles"].append(made)
        return made

    def add_member(self, user: str, name: str, joined_at: str = "") -> dict[str, Any]:
        """Add a user to the guild."""
        made = payloads.member(payloads.user(user, name))
        self.members[user] = {**made, "joined_at": joined_at or made["joined_at"]}
        return self.members[user]

    def ban(self, user: str, name: str) -> None:
        """Ban a user, which also removes them from the guild."""
        self.members.pop(user, None)
        self.bans[user] = {"user": payloads.user(user, name), "reason": None}

    def apply(self, user: str, name: str, answers: Sequence[Mapping[str, Any]] = ()) -> str:
        """Submit a user's request to join the guild; return the request's id."""
        made = payloads.join_request(next(self._ids), payloads.user(user, name), answers)
        self.join_requests[made["id"]] = made
        return str(made["id"])

    def decide(self, number: str, status: str, reason: str | None = None, *, by: Any = None) -> None:
        """Decide a request to join, as Discord's own screen does; an approved user becomes a member."""
        wanted = self.join_requests[number]
        wanted.update(application_status=status, rejection_reason=reason, actioned_by_user=by)
        wanted["reviewed_at"] = wanted["created_at"]
        if status == "APPROVED":
            self.add_member(wanted["user_id"], wanted["user"]["username"])


def _page(found: Mapping[str, dict[str, Any]], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    after, limit = int(asked.get("after", 0)), int(asked.get("limit", 1))
    return [found[number] for number in sorted(found, key=int) if int(number) > after][:limit]
