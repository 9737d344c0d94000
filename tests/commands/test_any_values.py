"""Every command with random values: it is done or refused in words, and nothing breaks."""

import random
from collections.abc import Iterator

from bot.chat.actions import Action
from bot.chat.commands import Command
from bot.chat.options import OptionKind
from bot.chat.replies import Actions, Button, Card, Form, Reply
from bot.commands import REGISTRY
from bot.core.rights.actors import Caller
from tests.core.door import BROKEN, Door, door_of, heard, open_door
from tests.soak import SOAKING
from tests.world import World, caller

ROOT, ADA = (caller(name, administers=True) for name in ("root", "ada"))
PEOPLE = (ROOT, ADA, caller("nia"))
# Percent-encoded in a button, it is longer than the 100 characters that there are.
LONG_NAME = "Середня школа № 5"
# No database holds the first; a browser that cuts a text off may leave the second, half of an emoji.
UNSTORABLE = "a\x00b\ud83d"
ENTERED = (
    *("", " ", "none", "never", "now", "0", "-1", "9" * 11, "yes", "no", "maybe", "x" * 300, "x" * 2_100),
    *("ada", "Nia Okafor", "nia@example.org", "<@U1>", "<@>", "maple grove", "Oak", "North", "web:root"),
    *("Staff", "Viewer, Staff", "Nonesuch", "roster.import, member.read", "active", "pending", "district"),
    *("7d", "Friday 17:00", "31.12.26", "16h", "2027-01-31", "yesterday", "8 pm", "24.-26.12.", "Mon-Fri"),
    *("2026-12-24 to 2027-01-06", "Europe/Berlin", "Mars/Base", "#general", "C1", "csv", "de", "xx", "1,2,3"),
    *(
        "\u202e",
        "\u200b",
        "a\nb",
        "%_%",
        "' OR 1=1 --",
        '"',
        "*",
        "{x}",
        "{{name}}",
        "{{",
        "\ufb01",
        "\u0130",
    ),
    *(
        "\U0001f600",
        "=cmd()",
        "-",
        "/",
        ",",
        ";",
        "ABCD-EFGH-JKMNP",
        "https://e.org/i/0123456789abcdefghijkl",
    ),
    UNSTORABLE,
    LONG_NAME,
)
CALLS = 20_000 if SOAKING else 600


async def _town(door: Door) -> list[str]:
    """Make two schools of a district with something in them; return ids and a code."""
    for who, line in (
        (ADA, '/school create "Maple Grove"'),
        (ADA, f'/school create "{LONG_NAME}"'),
        (ROOT, "/district create North"),
        (ROOT, '/school move district:North school:"Maple Grove"'),
        (ROOT, "/school create Oak district:North"),
        (ADA, '/member create email:nia@example.org first_name:Nia last_name:Okafor school:"Maple Grove"'),
        (ADA, '/invite create school:"Maple Grove"'),
        (ADA, '/role create name:Clerk permissions:member.read school:"Maple Grove"'),
        (ADA, '/message save name:hi subject:S text:T school:"Maple Grove"'),
    ):
        await door.says(who, line)
    (invitation,) = await door.invitations_of("Maple Grove")
    return [invitation.id, invitation.code, invitation.school_id, invitation.created_by]


async def _answers(door: Door, who: Caller, command: Command, values: dict[str, str]) -> None:
    """Run a command and open its form; the command may be refused, but neither may break."""
    ran = await door.runner.run(command.path, who, values, clicked=True)
    form = await door.runner.form(Action(command.path, values), who)
    typed = await door.runner.form(Action(command.path, values), who, fixed=False)
    for reply in (ran, form, typed):
        assert BROKEN not in heard(reply), f"{command.path} {values}"
    for reply in (ran, typed):
        assert all(action.fits for action in _actions(reply)), f"{command.path} {values}"


def _actions(reply: Reply) -> Iterator[Action]:
    """Yield the actions of a reply's form, or of its buttons, which no front can show if they do not fit."""
    for part in (reply.answer, reply.redraw):
        if isinstance(part, Form):
            yield part.action
        blocks = part.blocks if isinstance(part, Card) else ()
        rows = (block.buttons for block in blocks if isinstance(block, Actions))
        yield from (one.action for row in rows for one in row if isinstance(one, Button))


def _drawn(chance: random.Random, known: list[str]) -> Iterator[tuple[Caller, Command, dict[str, str]]]:
    commands = list(REGISTRY)
    for _ in range(CALLS):
        command = chance.choice(commands)
        values = {}
        for option in command.options:
            if option.kind is not OptionKind.FILE and chance.random() < (0.95 if option.required else 0.35):
                stored = [value for value, _ in option.choices]
                values[option.name] = chance.choice(stored or [*ENTERED, *known])
        yield chance.choice(PEOPLE), command, values


async def test_nothing_that_is_entered_breaks_a_command() -> None:
    door = open_door("web:root")
    for who, command, values in _drawn(random.Random(8), await _town(door)):
        await _answers(door, who, command, values)


async def test_nothing_comes_by_that_a_database_cannot_hold(world: World) -> None:
    door = door_of(world)
    await _town(door)
    for command in REGISTRY:
        named = [option.name for option in command.options if option.kind is not OptionKind.FILE]
        for name in named if SOAKING else named[:1]:
            await _answers(door, ADA, command, {name: UNSTORABLE})
