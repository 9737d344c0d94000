"""Explains what is wrong with settings: which one, where it was read, and what is allowed."""

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from dotenv.parser import parse_stream

PREFIX = "HOMEROOM_"
DOTENV = Path(".env")
_DEFAULT = "default"
Place = tuple[str, ...]

# Our words for pydantic's types of errors. They never repeat the given value, which may be a secret.
_WORDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text, in quotes",
    "list_type": "must be a list, such as [1, 2]",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
}


def own_file() -> Path | None:
    """Return the operator's settings file, if HOMEROOM_CONFIG names one."""
    named = os.environ.get(f"{PREFIX}CONFIG") or _dotenv().get(f"{PREFIX}CONFIG")
    return Path(named) if named else None


def dotenv_problems() -> list[str]:
    """Return the problems of the file `.env` itself; a line that cannot be read would silently be ignored."""
    try:
        if not DOTENV.is_file():
            return []
        with DOTENV.open(encoding="utf-8") as lines:
            broken = [one.original.line for one in parse_stream(lines) if one.error]
    except OSError as refused:
        return [f"{DOTENV} in the folder where Homeroom is started cannot be read: {refused.strerror}."]
    except UnicodeDecodeError:
        return [f"{DOTENV} cannot be read: it is not UTF-8 text."]
    return [
        f"{DOTENV}, line {line}: is not a setting; write it like {PREFIX}WEB__PORT=8080." for line in broken
    ]


def _dotenv() -> Mapping[str, str]:
    return {name.upper(): value or "" for name, value in dotenv_values(DOTENV).items()}


@dataclass(frozen=True)
class Sources:
    """The places where settings were read, those that win first."""

    environment: Mapping[str, str] = field(
        default_factory=lambda: {name.upper(): value for name, value in os.environ.items()}
    )
    dotenv: Mapping[str, str] = field(default_factory=_dotenv)
    file: Path | None = field(default_factory=own_file)

    def of(self, place: Place) -> str:
        """Return where a setting was read; for a section, where the first of its settings was read."""
        variable = variable_of(place)
        for given, where in ((self.environment, "environment variable"), (self.dotenv, f"{DOTENV},")):
            if found := next((one for one in given if _is_of(one, variable)), None):
                return f"{where} {found}"
        return str(self.file) if self.file and self._in_file(place) else _DEFAULT

    def _in_file(self, place: Place) -> bool:
        within: Any = tomllib.loads(self.file.read_text()) if self.file else {}
        for name in place:
            if not isinstance(within, Mapping) or name not in within:
                return False
            within = within[name]
        return True

    def unknown_variables(self, known: Iterable[Place]) -> Iterator[str]:
        """Explain variables that begin like settings but are none: pydantic would silently ignore them."""
        names = [f"{PREFIX}CONFIG", *(variable_of(place) for place in known)]
        sections = {one.partition("__")[0] for one in names if "__" in one}
        tops = {one.partition("__")[0] for one in names}
        for given, where in ((self.environment, ""), (self.dotenv, f" ({DOTENV})")):
            for variable in sorted(one for one in given if one.startswith(PREFIX)):
                if variable in sections:
                    example = next(one for one in names if one.startswith(f"{variable}__"))
                    yield f"{variable}{where} is a section: set the settings in it, such as {example}."
                elif variable.partition("__")[0] not in tops:
                    yield f"{variable}{where} is not a setting{_nearest(variable, names)}"

    def explained(self, problems: Iterable[Mapping[str, Any]], known: Collection[Place]) -> list[str]:
        """Explain pydantic's errors, one for each setting.

        Pydantic itself reports an error for each type that the value of a setting may have.
        """
        first: dict[Place, str] = {}
        for problem in problems:
            place = _setting(tuple(str(part) for part in problem["loc"]), known)
            first.setdefault(place, self._explained(place, problem, known))
        return list(first.values())

    def _explained(self, place: Place, problem: Mapping[str, Any], known: Collection[Place]) -> str:
        said = str(problem["msg"]).removeprefix("Value error, ")
        if not place:
            return said
        if problem["type"] == "extra_forbidden":
            said = f"is not a setting{_nearest('.'.join(place), ['.'.join(one) for one in known])}"
        elif problem["type"] in {"model_type", "model_attributes_type", "dict_type"}:
            said = f"is a section: write [{'.'.join(place)}], and its settings below it"
        elif problem["type"] in _WORDS:
            said = _WORDS[problem["type"]].format(**problem.get("ctx", {}))
        return f"{'.'.join(place)} ({self.of(self._setting_at_fault(place, said, known))}): {said}"

    def _setting_at_fault(self, place: Place, said: str, known: Collection[Place]) -> Place:
        """Return the setting that an error of a section is about: the first given one that its text names."""
        within = ((*place, word) for word in re.findall(r"\w+", said))
        given = (one for one in within if one in known and self.of(one) != _DEFAULT)
        return place if place in known else next(given, place)


def _setting(place: Place, known: Collection[Place]) -> Place:
    """Return the setting that an error is about; pydantic's place may go on into the parts of its value."""
    ends = (place[:end] for end in range(len(place), 0, -1))
    return next((one for one in ends if one in known), place)


def variable_of(place: Place) -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + "__".join(place).upper()


def _is_of(given: str, variable: str) -> bool:
    return given == variable or given.startswith(f"{variable}__")


def _nearest(typed: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(typed, list(names), n=1)
    return f"; did you mean {close[0]}?" if close else "."
