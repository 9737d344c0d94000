"""Commands as data. Everything else (payloads, grammar, forms, help, docs) is derived from it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.chat import limits
from bot.chat.options import Option, options_of
from bot.chat.replies import Card, Form, Reply
from bot.core.permissions import Permission

Handler: TypeAlias = Callable[..., Card | Form | Reply]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can tell the bot to do.

    `needs` is checked by the Runner at the school (`at_school`) before the handler runs. A command
    that is `at_school` gets the option `school`, needed only where the place leaves it unclear.
    `reads` promises that the handler changes nothing, so that it never waits for a writer.
    `hidden` commands are reached by buttons and not offered for typing.
    """

    path: str
    description: str
    options: tuple[Option, ...]
    handler: Handler
    needs: Permission | None = None
    at_school: bool = False
    reads: bool = False
    hidden: bool = False

    def option(self, name: str) -> Option | None:
        """Find an option by name."""
        return next((one for one in self.options if one.name == name), None)


def _school_option() -> Option:
    from bot.chat.context import schools_of_actor  # noqa: PLC0415 - context speaks of commands

    return Option("Which school, where you have more than one here", name="school", suggest=schools_of_actor)


def _declare(
    path: str,
    handler: Handler,
    *,
    needs: Permission | None,
    at_school: bool,
    reads: bool,
    hidden: bool,
) -> Command:
    description = inspect.getdoc(handler) or ""
    options = options_of(handler)
    if at_school:
        options = (*options, _school_option())
    command = Command(path, description.split("\n")[0].rstrip("."), options, handler, needs, at_school, reads, hidden)
    check(command)
    return command


def check(command: Command) -> None:
    """Raise `ValueError` when a command would not fit on every platform."""
    names = [*command.path.split(" "), *(option.name for option in command.options)]
    problems = [f"name {name!r}" for name in names if not limits.NAME.fullmatch(name)]
    texts = [command.description, *(option.description for option in command.options)]
    problems += [f"description {text!r}" for text in texts if not 0 < len(text) <= limits.DESCRIPTION]
    if len(command.options) > limits.OPTIONS:
        problems.append(f"{len(command.options)} options")
    problems += [
        f"choices of {option.name}" for option in command.options if len(option.choices) > limits.CHOICES
    ]
    if problems:
        raise ValueError(f"/{command.path} does not fit: {', '.join(problems)}")


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
        reads: bool = False,
        hidden: bool = False,
        name: str | None = None,
        alone: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a command of this group; `alone` makes the group's own word the whole command."""

        def declare(handler: Handler) -> Handler:
            word = name or getattr(handler, "__name__", "").strip("_")
            self.commands.append(
                _declare(
                    self.name if alone else f"{self.name} {word}",
                    handler,
                    needs=needs,
                    at_school=needs is not None if at_school is None else at_school,
                    reads=reads,
                    hidden=hidden,
                )
            )
            if len(self.commands) > limits.COMMANDS_IN_GROUP:
                raise ValueError(f"/{self.name} has too many commands")
            return handler

        return declare


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

    def __getitem__(self, path: str) -> Command:
        """Return the command with that path."""
        return self._by_path[path]


Values: TypeAlias = Mapping[str, Any]
