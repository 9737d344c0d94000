"""Slack's user groups, and the members of its channels.

Errors are those that docs.slack.dev lists for each method.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.servers.slack.workspace import BOT, Workspace

PAGE = 3
_SWITCHES, _NUMBERS = ("include_disabled", "exclude_archived", "force"), ("limit",)


class SlackRefuses(Exception):
    """A method of the Web API answers with an error."""


@dataclass
class Group:
    """A user group; it keeps its members while it is disabled."""

    id: str
    handle: str
    users: list[str] = field(default_factory=list)
    disabled: bool = False
    auto_type: str | None = None

    def facts(self) -> dict[str, Any]:
        """Describe the group as usergroups.list does."""
        return {
            "id": self.id,
            "handle": self.handle,
            "name": self.handle.title(),
            "date_delete": 1_700_000_000 if self.disabled else 0,
            "auto_type": self.auto_type,
            "is_external": False,
            "user_count": len(self.users),
        }


class Groups:
    """The methods of the Web API that read and change user groups and channels."""

    workspace: Workspace

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.plan_has_groups = True

    def group(self, handle: str, *users: str, **facts: Any) -> Group:
        """Add a user group."""
        made = Group(f"S{len(self.groups) + 1:07}", handle, list(users), **facts)
        self.groups[made.id] = made
        return made

    def _of(self, body: dict[str, Any]) -> Group:
        if not self.plan_has_groups:
            raise SlackRefuses("plan_upgrade_required")
        if body["usergroup"] not in self.groups:
            raise SlackRefuses("no_such_subteam")
        return self.groups[body["usergroup"]]

    def _usergroups_list(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self.plan_has_groups:
            raise SlackRefuses("plan_upgrade_required")
        every = body.get("include_disabled")
        return {"usergroups": [one.facts() for one in self.groups.values() if every or not one.disabled]}

    def _usergroups_users_list(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"users": list(self._of(body).users)}

    def _usergroups_users_update(self, body: dict[str, Any]) -> dict[str, Any]:
        group, users = self._of(body), _several(body["users"])
        if not users:
            raise SlackRefuses("no_users_provided")
        if any(one not in self.workspace.people or one in self.workspace.deactivated for one in users):
            raise SlackRefuses("invalid_users")
        if any(self._elsewhere(one) for one in users):
            raise SlackRefuses("failed_for_some_users")
        group.users = users
        return {"usergroup": group.facts()}

    def _usergroups_enable(self, body: dict[str, Any]) -> dict[str, Any]:
        group = self._of(body)
        group.disabled = False
        return {"usergroup": group.facts()}

    def _usergroups_disable(self, body: dict[str, Any]) -> dict[str, Any]:
        group = self._of(body)
        group.disabled = True
        return {"usergroup": group.facts()}

    def _elsewhere(self, user: str) -> bool:
        person = self.workspace.people[user]
        return self.workspace.team not in {person.team, *person.teams}

    def _inside(self, body: dict[str, Any]) -> set[str]:
        channel = self.workspace.channels.get(body["channel"])
        if channel is None or (channel.private and not channel.bot_is_in):
            raise SlackRefuses("channel_not_found")
        return channel.members

    def _conversations_info(self, body: dict[str, Any]) -> dict[str, Any]:
        self._inside(body)
        return {"channel": self.workspace.channels[body["channel"]].facts()}

    def _conversations_list(self, body: dict[str, Any]) -> dict[str, Any]:
        found = [one for one in self.workspace.channels.values() if one.member is None]
        seen = [one.facts() for one in found if one.bot_is_in or not one.private]
        return _page(seen, "channels", body)

    def _conversations_members(self, body: dict[str, Any]) -> dict[str, Any]:
        return _page([BOT, *sorted(self._inside(body))], "members", body)

    def _conversations_invite(self, body: dict[str, Any]) -> dict[str, Any]:
        """Invite all users who can be invited, as with `force`; refuse if others cannot be."""
        inside, wanted = self._inside(body), _several(body["users"])
        troubles = {one: trouble for one in wanted if (trouble := self._uninvitable(one))}
        inside.update(one for one in wanted if one not in troubles)
        for trouble in troubles.values():
            raise SlackRefuses(trouble)
        return {"channel": {"id": body["channel"]}}

    def _uninvitable(self, user: str) -> str:
        if user not in self.workspace.people or user in self.workspace.deactivated:
            return "user_not_found"
        if self._elsewhere(user):
            return "org_user_not_in_team"
        return "ura_max_channels" if self.workspace.people[user].guest else ""

    def _conversations_kick(self, body: dict[str, Any]) -> dict[str, Any]:
        inside = self._inside(body)
        if body["user"] not in inside:
            raise SlackRefuses("not_in_channel")
        inside.remove(body["user"])
        return {}


def decoded(form: dict[str, Any]) -> dict[str, Any]:
    """Convert the texts of a form: switches are sent as 1 or 0, and numbers as digits."""
    switches = {name: form[name] in {"1", "true"} for name in _SWITCHES if name in form}
    return {**form, **switches, **{name: int(form[name]) for name in _NUMBERS if name in form}}


def page(found: list[Any], what: str, body: dict[str, Any], size: int) -> dict[str, Any]:
    """Return one page of results, from the cursor on, with at most `size` of them."""
    first = int(body.get("cursor") or 0)
    more = first + size < len(found)
    cursor = str(first + size) if more else ""
    return {what: found[first : first + size], "response_metadata": {"next_cursor": cursor}}


def _several(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [one for one in str(value).split(",") if one]


def _page(found: list[Any], what: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a small page whatever size was requested: Slack may do so at any time."""
    return page(found, what, body, PAGE)
