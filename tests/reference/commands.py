"""Generates the page of all commands from their declarations."""

from collections.abc import Iterator

from bot.chat.commands import Command, Group
from bot.chat.options import Option, OptionKind
from bot.commands import REGISTRY

_HEAD = """# Commands

`make reference` generates this page from the declarations in `bot/commands/`; a test says when it is out of
date.

On Discord and in the playground, type a command as it is written here. On Slack, type `/homeroom` instead of
the slash: `/homeroom invite create role:Staff`. You can leave options out and get a form, and you see
suggestions while you type. Options in bold are required. `/help` lists the commands that you can use.

If you have several schools, `school:` says which one you mean. [permissions.md](permissions.md) says which
roles have which permission.
"""
# What the `may` of a command asks for, in words; every command that has `may` must be listed here.
_ADMINISTERS = "Administering the server or workspace"
_MAY = {
    "role follow": _ADMINISTERS,
    "school create": f"{_ADMINISTERS}, or the right to create schools in a district,",
    "school link": _ADMINISTERS,
    "school mirror": _ADMINISTERS,
}


def document() -> str:
    """Return the whole page."""
    groups = [(group, [one for one in group.commands if not one.hidden]) for group in REGISTRY.groups]
    lines = [_HEAD]
    lines += [f"- [{group.name}](#{group.name}): {group.description}" for group, shown in groups if shown]
    for group, shown in groups:
        if shown:
            lines += ["", *_group(group, shown)]
    return "\n".join(lines) + "\n"


def _group(group: Group, shown: list[Command]) -> Iterator[str]:
    yield f"## {group.name}"
    for command in shown:
        yield from ("", f"### `/{command.path}`", "", f"{command.description.rstrip('.')}. {_who(command)}")
        if command.options:
            yield from ("", "| option | takes | |", "|---|---|---|")
            yield from (_option(one) for one in command.options)


def _who(command: Command) -> str:
    if command.needs is not None:
        place = "" if command.at_school else " in the district" if command.over else " in the whole system"
        told = f"Needs `{command.needs.value}`{place}."
    else:
        told = "For everyone." if command.may is None else ""
    if command.may is not None:
        told = f"{told} {_MAY[command.path]} is needed{' too' if command.needs else ''}.".strip()
    if command.on_person:
        told += f" Also in a person's menu on Discord: **{command.on_person}**."
    if command.on_file:
        told += f" Also in the menu of a message with a file on Slack: **{command.on_file}**."
    return told


def _option(one: Option) -> str:
    name = f"**`{one.name}`**" if one.required else f"`{one.name}`"
    return f"| {name} | {_takes(one)} | {_in_a_cell(one.description)} |"


def _takes(one: Option) -> str:
    words: list[str] = [one.kind.value]
    match one.kind:
        case OptionKind.CHOICE:
            words = [", ".join(f"`{_in_a_cell(shown)}`" for _, shown in one.choices)]
        case OptionKind.FILE:
            words = [f"file ({', '.join(one.formats)})"]
        case OptionKind.WHEN if one.day:
            words = ["day"]
        case OptionKind.WHOLE if one.minimum is not None and one.maximum is not None:
            words = [f"{one.minimum:,} to {one.maximum:,}"]
        case _:
            pass
    if one.clears:
        words.append("`none` removes it")
    return ", ".join(words)


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")
