"""Generates the page of all settings from their types and from the comments of config/default.toml."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.settings import Settings, places
from bot.settings.problems import Place, variable_of

_DEFAULTS = Path(__file__).parents[2] / "config" / "default.toml"
# Marks an example for the secret scanner: in TOML, and in Markdown.
_EXAMPLE = ("# pragma: allowlist secret", "<!-- pragma: allowlist secret -->")
_HEAD = """# Settings

`make reference` generates this page from `bot/settings/` and [config/default.toml](../config/default.toml); a
test says when it is out of date. If a setting is given in several places,
[operators.md](operators.md#settings) says which one wins."""
_ELSEWHERE = """
## Rarely needed

These have no line in the file. They say where the platforms are (for a proxy or for tests), or are better
kept in the environment.

| setting | environment variable |
|---|---|"""


@dataclass
class _Told:
    """The file's comments about sections and about settings."""

    sections: dict[str, str] = field(default_factory=dict)
    settings: dict[Place, str] = field(default_factory=dict)


def document() -> str:
    """Return the whole page."""
    values = tomllib.loads(_DEFAULTS.read_text("utf-8"))
    told = _read()
    lines, last = [_HEAD], None
    for place in told.settings:
        *section, _ = place
        name = ".".join(section)
        if name != last:
            lines += ["", *_section(name, told)]
            last = name
        lines.append(_row(place, told.settings[place], values))
    rest = [place for place in places(Settings) if place not in told.settings]
    lines += [_ELSEWHERE, *(f"| `{'.'.join(place)}` | `{variable_of(place)}` |" for place in rest)]
    return "\n".join(lines) + "\n"


def _section(name: str, told: _Told) -> Iterator[str]:
    yield f"## {name or 'The whole installation'}"
    yield ""
    if name in told.sections:
        yield from (told.sections[name], "")
    yield from ("| setting | environment variable | default | |", "|---|---|---|---|")


def _row(place: Place, about: str, values: dict[str, Any]) -> str:
    value: Any = values
    for name in place:
        value = value[name]
    default = "" if value in ("", []) else f"`{json.dumps(value)}`"
    return f"| `{'.'.join(place)}` | `{variable_of(place)}` | {default} | {about} |"


def _read() -> _Told:
    """Read the comments above sections, and those above and beside settings."""
    told, above = _Told(), list[str]()
    section: Place = ()
    for line in _DEFAULTS.read_text("utf-8").splitlines():
        if not line.strip():
            above = []
        elif line.startswith("#"):
            above.append(line.removeprefix("#").strip())
        elif line.startswith("["):
            section = tuple(line.strip("[]").split("."))
            if above:
                told.sections[".".join(section)] = " ".join(above)
            above = []
        else:
            name, _, rest = line.partition("=")
            beside = rest.partition("  # ")[2].strip()
            words = " ".join([*above, *([beside] if beside else [])])
            told.settings[*section, name.strip()] = words.replace("<", "\\<").replace(*_EXAMPLE)
            above = []
    return told
