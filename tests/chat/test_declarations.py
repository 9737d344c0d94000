"""A declaration that does not fit on every platform is refused."""

import inspect
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import pytest

from bot.chat import limits
from bot.chat.commands import Group, Registry
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card
from bot.chat.text import say
from bot.platforms.discord import limits as discord
from bot.platforms.slack import limits as slack


def handler(options: Mapping[str, Any] | None = None) -> Any:
    """Make a handler with these options."""

    def made(ctx: Context, **_: Any) -> Card:
        """Do something."""
        return Card(say("done"))

    first = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rest = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=hint)
        for name, hint in (options or {}).items()
    ]
    made.__signature__ = inspect.Signature([first, *rest])  # type: ignore[attr-defined]
    made.__annotations__ = {**(options or {}), "return": Card}
    return made


TEXT = Annotated[str, option("Something")]


def declare(options: Mapping[str, Any] | None = None, *, name: str = "thing") -> None:
    Group("group", "Things").command(name=name)(handler(options))


def test_what_fits_is_declared() -> None:
    declare({f"option_{number}": TEXT for number in range(limits.OPTIONS)})


@pytest.mark.parametrize("name", ["Upper", "with-dash", "with space", "é", "1st", "x" * 33])
def test_names_of_commands_that_do_not_fit(name: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        declare(name=name)


@pytest.mark.parametrize("name", ["Upper", "é", "_private", "x" * 33])
def test_names_of_options_that_do_not_fit(name: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        declare({name: TEXT})


@pytest.mark.parametrize("text", ["", "x" * 101])
def test_descriptions_that_do_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        declare({"thing": Annotated[str, option(text)]})


def test_a_command_without_words_is_refused() -> None:
    undescribed = handler()
    undescribed.__doc__ = None
    with pytest.raises(ValueError, match="does not fit"):
        Group("group", "Things").command(name="thing")(undescribed)


def test_too_many_options_and_choices() -> None:
    with pytest.raises(ValueError, match="26 options"):
        declare({f"option_{number}": TEXT for number in range(26)})
    names = {f"M{number}": f"m{number}" for number in range(26)}
    many: Any = StrEnum("many", names)  # type: ignore[misc]
    with pytest.raises(ValueError, match="choices of thing"):
        declare({"thing": Annotated[many, option("Which")]})


def test_an_option_without_its_words_is_refused() -> None:
    with pytest.raises(TypeError, match="Annotated"):
        declare({"thing": str})


def test_too_many_commands_and_groups() -> None:
    group = Group("group", "Things")
    for number in range(limits.COMMANDS_IN_GROUP):
        group.command(name=f"c{number}")(handler())
    with pytest.raises(ValueError, match="too many"):
        group.command(name="one_more")(handler())
    with pytest.raises(ValueError, match="too many"):
        Registry(Group(f"g{number}", "Things") for number in range(limits.GROUPS + 1))


def test_the_same_path_twice_is_refused() -> None:
    group = Group("group", "Things")
    for _ in range(2):
        group.command(name="same")(handler())
    with pytest.raises(ValueError, match="same path"):
        Registry([group])


def test_our_limits_are_those_of_the_strictest_platform() -> None:
    assert limits.DESCRIPTION == discord.COMMAND_DESCRIPTION
    assert limits.OPTIONS == discord.COMMAND_OPTIONS
    assert min(discord.OPTION_CHOICES, slack.SELECT_OPTIONS) == limits.CHOICES
    assert limits.SUGGESTIONS <= discord.SELECT_ITEMS
    assert limits.GROUPS == discord.COMMANDS
    assert min(discord.FIELD_VALUE, slack.INPUT) >= limits.LONG_TEXT
    assert len(str(discord.INTEGER)) > limits.DIGITS
    assert limits.LINE <= 4000
