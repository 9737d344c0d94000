"""What people do in Slack: type, click, choose, fill in. The app gets what Slack would send it for that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.platforms.slack.installing.manifest import manifest
from tests.servers.slack import rules
from tests.servers.slack.installing import Branch
from tests.servers.slack.lines import Line
from tests.servers.slack.server import SlackServer
from tests.servers.slack.workspace import BOT, Message, Person, ResponseUrl, View, slack_escaped


@dataclass
class Hand:
    """Acts for people, and shows them what the app answers."""

    server: SlackServer | Branch
    line: Line
    command_name: str = "/homeroom"
    last: Any = field(default=None)
    told: int = 0

    async def type(
        self, person: Person, text: str, channel: str = "general", *, escaped: bool = False
    ) -> Any:
        """Type the command with a text, which is escaped as Slack does unless it is `escaped` already."""
        workspace = self.server.workspace
        place = workspace.named(channel)
        url = self._response_url(ResponseUrl(place.id, person.id, None))
        payload = {
            "command": self.command_name,
            "text": text if escaped else self.escape(text),
            "team_id": workspace.team,
            "team_domain": workspace.domain,
            **self._organization(text=True),
            "channel_id": place.id,
            "channel_name": place.name,
            "user_id": person.id,
            "user_name": person.name,
            "response_url": url,
            "trigger_id": workspace.trigger(person.id),
            "api_app_id": "A0000001",
            "token": "unused",
        }
        answer = await self.line.send("slash_commands", payload)
        if isinstance(answer, dict):
            self.server.problems += [
                f"acknowledgement: {problem}" for problem in rules.problems_of_message(answer)
            ]
            public = answer.get("response_type") == "in_channel"
            workspace.post(place.id, answer, only_for=None if public else person.id)
        return answer

    def escape(self, text: str) -> str:
        """Escape a text as Slack does with `should_escape`."""
        workspace = self.server.workspace
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = re.sub(r"https?://[^\s\"]+", lambda link: f"<{link[0]}>", text)
        for channel in workspace.channels.values():
            if channel.name:
                text = re.sub(rf"#{channel.name}\b", f"<#{channel.id}|{channel.name}>", text)
        for person in workspace.people.values():
            text = re.sub(rf"@{person.name}\b", f"<@{person.id}|{person.name}>", text)
        return text

    async def click(self, person: Person, label: str) -> None:
        """Click the newest button with that label."""
        for message, block, element in self._elements(person, "button"):
            if element["text"]["text"] == label:
                await self.act(person, message, block, {**element})
                return
        raise AssertionError(f"{person.name} sees no button “{label}”")

    async def choose(self, person: Person, placeholder: str, label: str) -> None:
        """Choose from the newest select with that placeholder."""
        for message, block, element in self._elements(person, "static_select"):
            if element["placeholder"]["text"] != placeholder:
                continue
            for option in element["options"]:
                if label in {option["text"]["text"], option["value"]}:
                    chosen = {"type": "static_select", "selected_option": option}
                    await self.act(person, message, block, {**chosen, "action_id": element["action_id"]})
                    return
            raise AssertionError(f"“{label}” is not offered")
        raise AssertionError(f"{person.name} sees no select “{placeholder}”")

    def _elements(
        self, person: Person, kind: str
    ) -> Iterator[tuple[Message, dict[str, Any], dict[str, Any]]]:
        for message in reversed(self.server.workspace.seen_by(person.id)):
            for block in message.blocks:
                for element in block["elements"] if block["type"] == "actions" else ():
                    if element["type"] == kind:
                        yield message, block, element

    async def act(
        self, person: Person, message: Message, block: dict[str, Any], element: dict[str, Any]
    ) -> None:
        """Send a click on a button, or a choice from a select, of a message."""
        url = self._response_url(ResponseUrl(message.channel, person.id, message))
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        # For an ephemeral message Slack does not send the message along with the click.
        told = {} if message.only_for else {"message": {"ts": message.ts, "blocks": message.blocks}}
        element = {key: value for key, value in element.items() if key not in {"confirm", "style", "url"}}
        element = slack_escaped(element)
        await self._interact(
            person,
            type="block_actions",
            container={**container, "is_ephemeral": message.only_for is not None},
            channel={"id": message.channel, "name": self.server.workspace.channels[message.channel].name},
            **told,
            response_url=url,
            actions=[
                {"block_id": slack_escaped(block.get("block_id", "made")), "action_ts": "1.2", **element}
            ],
            trigger_id=self.server.workspace.trigger(person.id),
        )

    async def tell(self, kind: str, *, number: str = "", **event: Any) -> None:
        """Send an event; `number` is its id, so that a test can send the same event again."""
        self.told += 1
        payload = {
            "type": "event_callback",
            "team_id": self.server.workspace.team,
            "api_app_id": "A0000001",
            "token": "unused",
            "event_id": number or f"Ev{self.told:07}",
            "event_time": 1_700_000_000,
            "authorizations": [
                {
                    "team_id": self.server.workspace.team,
                    "user_id": BOT,
                    "is_bot": True,
                    **self._organization(),
                }
            ],
            "event": {"type": kind, "event_ts": "1.2", **event},
        }
        await self.line.send("events_api", payload)

    async def shortcut(self, person: Person, name: str, **about: Any) -> None:
        """Choose a shortcut of the manifest by its name; `about` describes the message that it is on."""
        declared = {one["name"]: one for one in manifest()["features"]["shortcuts"]}
        place = self.server.workspace.named("general")
        payload: dict[str, Any] = {
            "type": "shortcut",
            "callback_id": declared[name]["callback_id"],
            "trigger_id": self.server.workspace.trigger(person.id),
        }
        if declared[name]["type"] == "message":
            payload |= {
                "type": "message_action",
                "message": {
                    "type": "message",
                    "ts": "1.2",
                    "text": "…",
                    "team": self.server.workspace.team,
                    **about,
                },
                "message_ts": "1.2",
                "channel": {"id": place.id, "name": place.name},
                "response_url": self._response_url(ResponseUrl(place.id, person.id, None)),
            }
        await self._interact(person, **payload)

    async def open_home(self, person: Person) -> None:
        """Open the app's home tab."""
        shown = self.server.workspace.homes.get(person.id)
        view: dict[str, Any] = {"view": self._view(shown)} if shown else {}
        await self.tell("app_home_opened", user=person.id, channel="D0000001", tab="home", **view)

    async def click_home(self, person: Person, label: str) -> None:
        """Click the first button with that label on the app's home tab."""
        for block, element in self._on_page(person):
            if element["type"] == "button" and element["text"]["text"] == label:
                await self._on_home(person, block, element)
                return
        raise AssertionError(f"{person.name} sees no button “{label}”")

    async def choose_home(self, person: Person, label: str) -> None:
        """Choose an item from a select on the app's home tab."""
        for block, element in self._on_page(person):
            for option in element.get("options", ()):
                if option["text"]["text"] == label:
                    chosen = {"type": element["type"], "action_id": element["action_id"]}
                    await self._on_home(person, block, {**chosen, "selected_option": option})
                    return
        raise AssertionError(f"“{label}” is not offered")

    def _on_page(self, person: Person) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        for block in self.server.workspace.homes[person.id].view["blocks"]:
            for element in block["elements"] if block["type"] == "actions" else ():
                yield block, element

    async def _on_home(self, person: Person, block: dict[str, Any], element: dict[str, Any]) -> None:
        shown = self.server.workspace.homes[person.id]
        element = {key: value for key, value in element.items() if key not in {"confirm", "style", "url"}}
        element = slack_escaped(element)
        await self._interact(
            person,
            type="block_actions",
            container={"type": "view", "view_id": shown.id},
            view=self._view(shown),
            actions=[
                {"block_id": slack_escaped(block.get("block_id", "made")), "action_ts": "1.2", **element}
            ],
            trigger_id=self.server.workspace.trigger(person.id),
        )

    async def submit(self, person: Person, /, **answers: str) -> None:
        """Fill in the open form and submit it."""
        opened = self.opened(person)
        assert opened is not None, f"{person.name} has no form open"
        values = {}
        for block in opened.view["blocks"]:
            if block["type"] == "input":
                element = block["element"]
                given = answers.pop(block["block_id"], None)
                name = block["block_id"], element["action_id"]
                kept = opened.entered.get(name) if given is None else None
                answer = kept or await self._answer(person, opened, block, given)
                opened.entered[name] = answer
                assert block.get("optional") or any(answer.values()), f"{block['block_id']} is required"
                values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **answer}}
        assert not answers, f"The form does not ask for {list(answers)}"
        view = {**self._view(opened), "state": {"values": values}}
        answer = await self._interact(
            person, type="view_submission", view=view, trigger_id=self.server.workspace.trigger(person.id)
        )
        self._submitted(opened, answer)

    def _submitted(self, opened: View, answer: Any) -> None:
        workspace, opened.errors = self.server.workspace, {}
        match answer:
            case None | "":
                if workspace.views.get(opened.user) is opened:
                    del workspace.views[opened.user]
            case {"response_action": "errors", "errors": errors}:
                names = {block.get("block_id") for block in opened.view["blocks"] if block["type"] == "input"}
                self.server.problems += [f"no field {name}" for name in errors if name not in names]
                opened.errors = errors
            case {"response_action": "update", "view": view}:
                self.server.problems += [f"update: {problem}" for problem in rules.problems_of_view(view)]
                opened.view = view
            case other:
                raise AssertionError(f"Slack knows no such acknowledgement: {other}")

    async def _answer(  # noqa: PLR0911 - one a kind of element
        self, person: Person, opened: View, block: dict[str, Any], given: str | None
    ) -> dict[str, Any]:
        element = block["element"]
        match element["type"]:
            case "plain_text_input" | "number_input":
                value = element.get("initial_value") if given is None else given
                longest = element.get("max_length", 3_000)
                assert value is None or len(value) <= longest, (
                    f"Slack lets nobody type {len(value)} characters"
                )
                return {"value": value or None}
            case "static_select":
                groups = element.get("option_groups", [{"options": element.get("options", [])}])
                options = [option for group in groups for option in group["options"]]
                chosen = _pick(options, given) if given else element.get("initial_option")
                return {"selected_option": slack_escaped(chosen)}
            case "external_select":
                if given is None:
                    return {"selected_option": slack_escaped(element.get("initial_option"))}
                offered = await self.suggest(person, opened, block, given)
                return {"selected_option": slack_escaped(_pick(offered, given))}
            case "conversations_select":
                if given is None:
                    return {"selected_conversation": element.get("initial_conversation")}
                names = {channel.name: channel.id for channel in self.server.workspace.channels.values()}
                return {"selected_conversation": names.get(given.lstrip("#"), given)}
            case "users_select":
                return {"selected_user": element.get("initial_user") if given is None else given}
            case "file_input":
                known = self.server.workspace.uploads
                return {"files": [known[given].facts()] if given else []}
            case other:
                raise AssertionError(f"No one has filled in a {other} yet")

    async def suggest(
        self, person: Person, opened: View, block: dict[str, Any], text: str
    ) -> list[dict[str, Any]]:
        """Type into a select of a form; return the options that the app suggests."""
        answer = await self._interact(
            person,
            type="block_suggestion",
            container={"type": "view", "view_id": opened.id},
            action_id=block["element"]["action_id"],
            block_id=block["block_id"],
            value=text,
            view={**self._view(opened), "state": {"values": {}}},
        )
        options: list[dict[str, Any]] = answer["options"]
        self.server.problems += [f"suggestions: {problem}" for problem in rules.problems_of_options(options)]
        return options

    def opened(self, person: Person) -> View | None:
        """Return the form that is open for a person; None if there is none."""
        return self.server.workspace.views.get(person.id)

    def _view(self, opened: View) -> dict[str, Any]:
        view = {"id": opened.id, "team_id": self.server.workspace.team, "hash": "1.2", **opened.view}
        return {**view, "private_metadata": slack_escaped(opened.view.get("private_metadata", ""))}

    async def _interact(self, person: Person, **payload: Any) -> Any:
        workspace = self.server.workspace
        user = {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team}
        common = {
            "user": user,
            "team": {"id": workspace.team, "domain": workspace.domain},
            "api_app_id": "A0000001",
            "token": "unused",
        }
        if told := self._organization():
            enterprise = {"id": told["enterprise_id"], "name": "Organisation"}
            common |= {"enterprise": enterprise, "is_enterprise_install": told["is_enterprise_install"]}
        return await self.line.send("interactive", {**common, **payload})

    def _organization(self, *, text: bool = False) -> dict[str, Any]:
        """Return the fields about the workspace's organisation, or nothing if it has none."""
        workspace = self.server.workspace
        if not workspace.organization:
            return {}
        whole = (
            str(workspace.has_organization_install).lower() if text else workspace.has_organization_install
        )
        return {"enterprise_id": workspace.organization, "is_enterprise_install": whole}

    def _response_url(self, target: ResponseUrl) -> str:
        name = f"{self.server.workspace.team}r{len(self.server.workspace.responses) + 1}"
        self.server.workspace.responses[name] = target
        return self.server.response_url(name)


def _pick(options: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    for option in options:
        if wanted in {option["text"]["text"], option["value"]}:
            return option
    raise AssertionError(f"“{wanted}” is not offered: {[option['text']['text'] for option in options]}")
