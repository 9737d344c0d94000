"""Commands as data. Everything else (payloads, grammar, forms, help, docs) is derived from it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.chat import limits
from bot.chat.files import Prepares
from bot.chat.options import Kind, Option, options_of
from bot.chat.replies import Card, Form, Reply
from bot.chat.text import Line
from bot.core.permissions import Permission
from bot.core.schools import School
from bot.core.values import dataclass, field

if TYPE_CHECKING:
    from bot.chat.context import Context

Handler: TypeAlias = Callable[..., Card | Form | Reply]
Looks: TypeAlias = Callable[..., object]
About: TypeAlias = Callable[["Context"], School]
Over: TypeAlias = Callable[["Context"], str]
May: TypeAlias = Callable[["Context"], bool]
Asks: TypeAlias = Callable[["Context"], Mapping[str, str]]
Tells: TypeAlias = Callable[["Context"], Line | None]
Shapes: TypeAlias = Callable[["Context"], tuple[Option, ...]]


# Beside the values of options: whom they name is an app, as the platform says.
APP = "homeroom:app"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can tell the bot to do.

    `needs` is checked by the Runner before the handler runs, at the school that the call is about
    (`at_school`): the one that `about` finds through the thing that the values name, or else the one
    that the option `school` or the place says.
    With `over` it is checked in the district of that id, and with neither in the whole system.
    `may` is asked where no permission says who may: a workspace's own administrators, say.
    `asks` makes the bot open the command's form when it is typed without values, filled with what
    `asks` returns. `tells` says at the top of the form what it is about, or refuses to open it.
    `shapes` says which of the options a form asks for, and in which words. `submit` names the button
    that sends a form, where the command's own last word would not.
    `prepares` makes of each file what the handler is given, on a thread before the transaction.
    `reads` promises that the handler changes nothing, so that it never waits for a writer.
    `looks` is called on a reader before the transaction, as the handler is in it, and what it returns is
    `ctx.seen`: what would take long while others wait to write. It may be a little old by then.
    `on_person` is its entry in a person's menu, where the platform has such: its first option is that person,
    and what else it takes is asked for.
    `on_file` is its entry in the menu of a message with a file, which it takes without asking more.
    `hidden` commands are reached by buttons and not offered for typing.
    """

    path: str
    description: str
    options: tuple[Option, ...]
    handler: Handler
    needs: Permission | None = None
    at_school: bool = False
    about: About | None = None
    over: Over | None = None
    may: May | None = None
    asks: Asks | None = None
    tells: Tells | None = None
    shapes: Shapes | None = None
    submit: str = ""
    prepares: Prepares | None = None
    looks: Looks | None = None
    reads: bool = False
    on_person: str = ""
    on_file: str = ""
    hidden: bool = False

    @property
    def more_to_ask(self) -> bool:
        """Whether it takes more than its first option, and the school."""
        return any(option.name != "school" for option in self.options[1:])

    @property
    def guessable(self) -> tuple[str, ...]:
        """The options whose values open something, so that they could be guessed."""
        return tuple(option.name for option in self.options if option.secret)

    def option(self, name: str) -> Option | None:
        """Find an option by name."""
        return next((one for one in self.options if one.name == name), None)

    def whom(self, values: Mapping[str, Any]) -> str:
        """Return what was typed for the person it is about, where it takes a name beside it."""
        if not self.on_person or self.option("name") is None:
            return ""
        return str(values.get(self.options[0].name) or "").strip()

    def knowing(self, values: Mapping[str, Any], name: str, *, app: bool) -> Mapping[str, Any]:
        """Add what a platform says of whom it is about: a name where none was typed, or that it is an app."""
        if app:
            return {**values, APP: True}
        return values if values.get("name") or not name else {**values, "name": name}


def _school_option() -> Option:
    from bot.chat.context import schools_of_actor  # noqa: PLC0415 - context speaks of commands

    return Option("Which school, if you have more than one here", name="school", suggest=schools_of_actor)


def _declare(path: str, handler: Handler, rules: dict[str, Any]) -> Command:
    description = (inspect.getdoc(handler) or "").split("\n")[0].rstrip(".")
    options = options_of(handler)
    if rules["at_school"] and rules["about"] is None:
        options = (*options, _school_option())
    command = Command(path, description, options, handler, **rules)
    check(command)
    return command


def check(command: Command) -> None:
    """Raise `ValueError` when a command would not fit on every platform, or says what cannot be together."""
    if problems := [*_unfit(command), *_at_odds(command)]:
        raise ValueError(f"/{command.path} does not fit: {', '.join(problems)}")


def _unfit(command: Command) -> list[str]:
    """Say what of a command is too long, too many, or written as no platform takes it."""
    names = [*command.path.split(" "), *(option.name for option in command.options)]
    problems = [f"name {name!r}" for name in names if not limits.NAME.fullmatch(name)]
    if command.path.count(" ") > 1:
        problems.append("more than two words")
    texts = [command.description, *(option.description for option in command.options)]
    problems += [f"description {text!r}" for text in texts if not 0 < len(text) <= limits.DESCRIPTION]
    if len(command.options) > limits.OPTIONS:
        problems.append(f"{len(command.options)} options")
    problems += [
        f"choices of {option.name}" for option in command.options if len(option.choices) > limits.CHOICES
    ]
    if len(command.submit) > limits.SUBMIT:
        problems.append(f"submit {command.submit!r}")
    return problems


def _at_odds(command: Command) -> list[str]:
    """Say what of a command's rules does not go with its options, or with its other rules."""
    problems = []
    if command.on_person and (len(command.on_person) > limits.MENU or not command.options):
        problems.append(f"the entry {command.on_person!r} of a person's menu")
    needed = [option.kind for option in command.options if option.required]
    if command.on_file and (len(command.on_file) > limits.MESSAGE_MENU or needed != [Kind.FILE]):
        problems.append(f"the entry {command.on_file!r} of a message's menu")
    if command.prepares and not any(option.kind is Kind.FILE for option in command.options):
        problems.append("no file to prepare")
    if command.looks and (command.reads or command.guessable):
        problems.append("a look beforehand at what is read anyway, or could be guessed without being counted")
    if command.reads and command.guessable:
        problems.append("a secret that could be guessed without being counted")
    return problems


@dataclass
class Group:
    """Commands that share a first word, or a single command that is that word."""

    name: str
    description: str
    commands: list[Command] = field(default_factory=list)

    def command(
        self,
        *,
        needs: Permission | None = None,
        at_school: bool | None = None,
        about: About | None = None,
        over: Over | None = None,
        may: May | None = None,
        asks: Asks | None = None,
        tells: Tells | None = None,
        shapes: Shapes | None = None,
        submit: str = "",
        prepares: Prepares | None = None,
        looks: Looks | None = None,
        reads: bool = False,
        on_person: str = "",
        on_file: str = "",
        hidden: bool = False,
        name: str | None = None,
        alone: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a command of this group; `alone` makes the group's own word the whole command."""
        rules = {
            "needs": needs,
            "at_school": needs is not None and over is None if at_school is None else at_school,
            "about": about,
            "over": over,
            "may": may,
            "asks": asks,
            "tells": tells,
            "shapes": shapes,
            "submit": submit,
            "prepares": prepares,
            "looks": looks,
            "reads": reads,
            "on_person": on_person,
            "on_file": on_file,
            "hidden": hidden,
        }

        def declare(handler: Handler) -> Handler:
            word = name or getattr(handler, "__name__", "").strip("_")
            path = self.name if alone else f"{self.name} {word}"
            self.commands.append(_declare(path, handler, rules))
            self._check()
            return handler

        return declare

    def _check(self) -> None:
        """Raise `ValueError` when the group would not fit on every platform."""
        if not 0 < len(self.description) <= limits.DESCRIPTION:
            raise ValueError(f"/{self.name} does not fit: description {self.description!r}")
        if sum(not command.hidden for command in self.commands) > limits.COMMANDS_IN_GROUP:
            raise ValueError(f"/{self.name} has too many commands")
        if len(self.commands) > 1 and any(command.path == self.name for command in self.commands):
            raise ValueError(f"/{self.name} is a command itself and cannot have others")


class Registry:
    """All commands, by path."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Take the groups in the order in which help lists them."""
        self.groups = tuple(groups)
        if len(self.groups) > limits.GROUPS:
            raise ValueError("There are too many groups of commands")
        self._by_path: Mapping[str, Command] = {
            command.path: command for group in self.groups for command in group.commands
        }
        if len(self._by_path) != sum(len(group.commands) for group in self.groups):
            raise ValueError("Two commands have the same path")

    def __iter__(self) -> Iterator[Command]:
        """Go through all commands."""
        return iter(self._by_path.values())

    def get(self, path: str) -> Command | None:
        """Find a command by its path."""
        return self._by_path.get(path)

    def typed(self) -> tuple[Command, ...]:
        """Return the commands that people can type."""
        return tuple(command for command in self if not command.hidden)

    def on_person(self) -> tuple[Command, ...]:
        """Return the commands that are in a person's menu."""
        return tuple(command for command in self if command.on_person)

    def __getitem__(self, path: str) -> Command:
        """Return the command with that path."""
        return self._by_path[path]
