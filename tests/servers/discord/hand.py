"""What people do in the local Discord: type commands, press buttons, fill in forms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.patience import PATIENCE
from tests.servers.discord import payloads
from tests.servers.discord.answering import Interaction
from tests.servers.discord.server import DiscordServer

_PROMISE, _CHANGE_PROMISED = 5, 6  # callbacks that only defer the answer


@dataclass(frozen=True)
class Hand:
    """Acts for people; `who` is the person's name."""

    server: DiscordServer

    async def slash(self, who: str, path: str, **options: Any) -> Interaction:
        """Enter a slash command."""
        kinds = {one["name"]: one["type"] for one in self._options(path)}
        files: dict[str, Any] = {}
        given = [
            {"name": name, "type": kinds[name], "value": self._value(value, files)}
            for name, value in options.items()
        ]
        data = {**payloads.command(path, given), **_resolved(files)}
        return await self.server.happen(payloads.COMMAND, who, data)

    def _value(self, value: Any, files: dict[str, Any]) -> Any:
        """Keep a file, given as name and content, and return its id; return other values unchanged."""
        if not isinstance(value, tuple):
            return value
        kept = self.server.attach(*value)
        files[kept["id"]] = kept
        return kept["id"]

    async def press(self, who: str, label: str) -> Interaction:
        """Press the newest button with that label."""
        message, button = next(
            (message, one)
            for message in reversed(self.server.messages.values())
            for one in walk(message["components"])
            if one.get("label") == label
        )
        data = {"custom_id": button["custom_id"], "component_type": 2, "id": button.get("id", 0)}
        return await self.server.happen(payloads.CONTROL, who, data, message)

    async def submit(self, who: str, opened: Interaction, **answers: Any) -> Interaction:
        """Fill in the form that an interaction opened, and submit it."""
        form = (opened.callback or {})["data"]
        files: dict[str, Any] = {}
        answers = {name: self._value(answer, files) for name, answer in answers.items()}
        components = [
            {
                "type": 18,
                "id": number,
                "component": _entered(one["component"], answers, 100 + number),
            }
            for number, one in enumerate(form["components"], 1)
            if one["type"] == 18
        ]
        data = {"custom_id": form["custom_id"], "components": components, **_resolved(files)}
        return await self.server.happen(payloads.FORM, who, data, opened.payload.get("message"))

    async def answered(self, interaction: Interaction, *, within: float = PATIENCE) -> dict[str, Any]:
        """Wait for the bot's callback."""
        found: dict[str, Any] = await self.server.until(lambda: interaction.callback, within=within)
        return found

    async def told(self, interaction: Interaction) -> str:
        """Wait for the bot's answer, even if the bot defers it first; return its text."""
        callback, there = await self.answered(interaction), self.server.messages
        if callback["type"] == _PROMISE:
            number = interaction.messages[0]
            await self.server.until(lambda: there[number]["components"])
            return words(there[number])
        if callback["type"] == _CHANGE_PROMISED:
            changes = f"/{interaction.payload['token']}/messages/"
            asked = self.server.requests
            await self.server.until(lambda: any(changes in one.path for one in asked))
            return words(there[interaction.payload["message"]["id"]])
        return words(callback["data"])

    def _options(self, path: str) -> list[dict[str, Any]]:
        first, _, second = path.partition(" ")
        found = next(one for one in self.server.commands if one["name"] == first)
        if second:
            found = next(one for one in found["options"] if one["name"] == second)
        options: list[dict[str, Any]] = found.get("options", [])
        return options


def walk(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield components and all that are nested in them."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])


def words(message: Mapping[str, Any]) -> str:
    """Return all text of a message."""
    texts = [one["content"] for one in walk(message.get("components") or []) if one["type"] == 10]
    return "\n".join([message.get("content") or "", *texts]).strip()


def _resolved(files: Mapping[str, Any]) -> dict[str, Any]:
    return {"resolved": {"attachments": dict(files)}} if files else {}


def _entered(control: Mapping[str, Any], answers: Mapping[str, str], number: int) -> dict[str, Any]:
    name, kind = control["custom_id"], control["type"]
    answer = answers.get(name)
    given = {"value": answer or ""} if kind == 4 else {"values": [answer] if answer else []}
    return {"type": kind, "id": number, "custom_id": name, **given}
