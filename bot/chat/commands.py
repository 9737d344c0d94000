"""Commands as data: payloads, grammar, forms, help and documentation are derived from them."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.chat import limits
from bot.chat.files import Prepares
from bot.chat.options import Option, OptionKind, options_of
from bot.chat.replies import Card, Form, Reply
from bot.chat.text import Line
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass, field

if TYPE_CHECKING:
    from bot.chat.context import Context

Handler: TypeAlias = Callable[..., Card | Form | Reply]
Looks: TypeAlias = Callable[..., object]
About: TypeAlias = Callable[["Context"], School]
Over: TypeAlias = Callable[["Context"], str]
May: TypeAlias = Callable[["Context"], bool]
Asks: TypeAlias = Callable[["Context"], Mapping[str, str]]
Suits: TypeAlias = Callable[["Context", School], bool]
Tells: TypeAlias = Callable[["Context"], Line | None]
Shapes: TypeAlias = Callable[["Context"], tuple[Option, ...]]


# A marker among the values of a call: the platform says that the account they name is an app, not a person.
APP = "homeroom:app"
# The name of the option that commands at a school have in common.
SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the bot.

    - `needs`: the permission that the Runner checks before the handler runs. With `at_school` it is checked
      at the school of the call: the one that `about` derives from the values, or else the one that the option
      `school` or the workspace determines. With `over` it is checked in the district whose id `over` returns.
      With neither, it is needed for the whole system.
    - `may`: a check of its own, where no permission decides (a workspace's own administrators, for example).
    - `suits`: whether the call can be about a school, where it takes more than the permission; only such
      schools are suggested.
    - `asks`: typed without values, the command opens its form, filled in with what `asks` returns.
    - `tells`: the note at the top of the form; it can also refuse to open the form.
    - `shapes`: the options that the form asks for, with their labels.
    - `submit`: the label of the form's button, where the last word of the path would not do.
    - `prepares`: turns each file into what the handler takes, on a thread and before the transaction.
    - `reads`: the handler changes nothing, so the call never waits for a writer.
    - `looks`: a slow look-up, called like the handler but on a reader and before the transaction, so that no
      writer waits for it. The handler finds its result in `ctx.seen`; it can be slightly out of date by then.
    - `on_person`: the label in the menu of a person, on platforms that have one. The first option is that
      person; the others are asked for in a form.
    - `on_file`: the label in the menu of a message with a file, which is all that the command needs.
    - `hidden`: only buttons lead to the command; it is not offered for typing.
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
    suits: Suits | None = None
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
        """Whether the command has options besides the first one and `school`."""
        return any(option.name != SCHOOL for option in self.options[1:])

    def asks_school(self, option: Option) -> bool:
        """Tell whether an option is the one that says which school the call is about."""
        return option.name == SCHOOL and self.at_school

    @property
    def guessable(self) -> tuple[str, ...]:
        """The names of the secret options: their values grant access, so people may try to guess them."""
        return tuple(option.name for option in self.options if option.secret)

    def option(self, name: str) -> Option | None:
        """Return the option with that name, or None."""
        return next((one for one in self.options if one.name == name), None)

    def typed_person(self, values: Mapping[str, Any]) -> str:
        """Return what was typed for the person, if the command also takes a name that could be filled in."""
        if not self.on_person or self.option("name") is None:
            return ""
        return str(values.get(self.options[0].name) or "").strip()

    def with_person(self, values: Mapping[str, Any], name: str, *, app: bool) -> Mapping[str, Any]:
        """Add what the platform knows of the person: that it is an app, or their name if none was typed."""
        if app:
            return {**values, APP: True}
        return values if values.get("name") or not name else {**values, "name": name}


def _school_option() -> Option:
    from bot.chat.context import schools_of_actor  # noqa: PLC0415 - context speaks of commands

    return Option("Which school, if you have more than one here", name=SCHOOL, suggest=schools_of_actor)


def _declare(path: str, handler: Handler, rules: dict[str, Any]) -> Command:
    description = (inspect.getdoc(handler) or "").split("\n")[0].rstrip(".")
    options = options_of(handler)
    if rules["at_school"] and rules["about"] is None:
        options = (*options, _school_option())
    command = Command(path, description, options, handler, **rules)
    check(command)
    return command


def check(command: Command) -> None:
    """Raise `ValueError` if a command exceeds a platform's limits or its declaration contradicts itself."""
    if problems := [*_unfit(command), *_at_odds(command)]:
        raise ValueError(f"/{command.path} does not fit: {', '.join(problems)}")


def _unfit(command: Command) -> list[str]:
    """List the parts of a command that are too long, too many or badly named for some platform."""
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
    """List the rules of a command that contradict its options or each other."""
    problems = []
    if command.on_person and (len(command.on_person) > limits.PERSON_MENU or not command.options):
        problems.append(f"the entry {command.on_person!r} of a person's menu")
    needed = [option.kind for option in command.options if option.required]
    if command.on_file and (len(command.on_file) > limits.MESSAGE_MENU or needed != [OptionKind.FILE]):
        problems.append(f"the entry {command.on_file!r} of a message's menu")
    if command.prepares and not any(option.kind is OptionKind.FILE for option in command.options):
        problems.append("no file to prepare")
    if command.looks and (command.reads or command.guessable):
        problems.append("a look beforehand at what is read anyway, or could be guessed without being counted")
    if command.reads and command.guessable:
        problems.append("a secret that could be guessed without being counted")
    return problems


@dataclass
class Group:
    """Commands that share their first word, or a single command that consists of that word."""

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
        suits: Suits | None = None,
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
        """Declare a command of this group; with `alone`, the group's name is the whole command."""
        rules = {
            "needs": needs,
            "at_school": needs is not None and over is None if at_school is None else at_school,
            "about": about,
            "over": over,
            "may": may,
            "suits": suits,
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
        """Raise `ValueError` if the group exceeds a platform's limits."""
        if not 0 < len(self.description) <= limits.DESCRIPTION:
            raise ValueError(f"/{self.name} does not fit: description {self.description!r}")
        if sum(not command.hidden for command in self.commands) > limits.COMMANDS_IN_GROUP:
            raise ValueError(f"/{self.name} has too many commands")
        if len(self.commands) > 1 and any(command.path == self.name for command in self.commands):
            raise ValueError(f"/{self.name} is a command itself and cannot have others")


class Registry:
    """All commands, by path."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Take the groups, in the order in which help lists them."""
        self.groups = tuple(groups)
        if len(self.groups) > limits.GROUPS:
            raise ValueError("There are too many groups of commands")
        self._by_path: Mapping[str, Command] = {
            command.path: command for group in self.groups for command in group.commands
        }
        if len(self._by_path) != sum(len(group.commands) for group in self.groups):
            raise ValueError("Two commands have the same path")

    def __iter__(self) -> Iterator[Command]:
        """Iterate over all commands."""
        return iter(self._by_path.values())

    def get(self, path: str) -> Command | None:
        """Return the command with that path, or None."""
        return self._by_path.get(path)

    def typed(self) -> tuple[Command, ...]:
        """Return the commands that people can type."""
        return tuple(command for command in self if not command.hidden)

    def on_person(self) -> tuple[Command, ...]:
        """Return the commands that appear in the menu of a person."""
        return tuple(command for command in self if command.on_person)

    def __getitem__(self, path: str) -> Command:
        """Return the command with that path; raise `KeyError` if there is none."""
        return self._by_path[path]
