"""Renders what the bot sent to Discord as HTML, from its JSON and roughly as Discord shows it."""

import re
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from tests.world import START

Json = dict[str, Any]
_STYLES = {1: "primary", 2: "plain", 3: "good", 4: "danger", 5: "link"}
_INLINE = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])|`` (?P<fenced>.+?) ``|`(?P<code>[^`]+)`"
    r"|<t:(?P<time>\d+):f>|<t:(?P<far>\d+):R>"
    r"|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)\s]+)\)|\*\*(?P<bold>(?:\\.|[^*])+)\*\*",
    re.DOTALL,
)


def message(said: Json) -> str:
    """Render a message."""
    return "".join(_component(one, said["pictures"]) for one in said["components"])


def modal(shown: Json) -> str:
    """Render a form."""
    fields = "".join(_component(one, {}) for one in shown["components"])
    return (
        f'<div class="d-modal"><h1>{escape(shown["title"])}</h1>{fields}'
        '<footer><span class="d-button d-plain">Cancel</span>'
        '<span class="d-button d-primary">Submit</span></footer></div>'
    )


def _component(one: Json, pictures: dict[str, str]) -> str:  # noqa: PLR0911 - one a kind of component
    match one["type"]:
        case 1:
            return f'<div class="d-row">{_all(one, pictures)}</div>'
        case 2:
            return f'<span class="d-button d-{_STYLES[one["style"]]}">{escape(one["label"])}</span>'
        case 3:
            chosen = next((option["label"] for option in one["options"] if option.get("default")), None)
            quiet = "" if chosen else ' class="d-quiet"'
            return f'<div class="d-select"><span{quiet}>{escape(chosen or one["placeholder"])}</span>⌄</div>'
        case 4:
            size = " d-long" if one["style"] == 2 else ""
            return f'<div class="d-input{size}">{escape(one.get("value") or "")}</div>'
        case 9:
            beside = _component(one["accessory"], pictures)
            return f'<div class="d-section"><div>{_all(one, pictures)}</div>{beside}</div>'
        case 10:
            return "".join(_line(line) for line in one["content"].split("\n"))
        case 12:
            return "".join(
                f'<img class="d-picture" src="{_source(item, pictures)}">' for item in one["items"]
            )
        case 17:
            colour = f"#{one.get('accent_color') or 0xDDDDDD:06x}"
            return f'<div class="d-card" style="border-left-color:{colour}">{_all(one, pictures)}</div>'
        case 18:
            needed = "" if one["component"].get("required") is False else '<i class="d-needed">*</i>'
            hint = f'<p class="d-small">{escape(one.get("description") or "")}</p>'
            return (
                f"<label>{escape(one['label'])}{needed}</label>{hint}{_component(one['component'], pictures)}"
            )
        case other:
            raise AssertionError(f"No one has drawn a component of type {other} yet")


def _all(one: Json, pictures: dict[str, str]) -> str:
    return "".join(_component(inner, pictures) for inner in one["components"])


def _source(item: Json, pictures: dict[str, str]) -> str:
    return pictures[item["media"]["url"].rpartition("/")[2]]


def _line(line: str) -> str:
    for sign, kind in (("### ", "d-title"), ("-# ", "d-small")):
        if line.startswith(sign):
            return f'<p class="{kind}">{_inline(line.removeprefix(sign))}</p>'
    return f"<p>{_inline(line) or '&nbsp;'}</p>"


def _inline(text: str) -> str:
    drawn, at = [], 0
    for found in _INLINE.finditer(text):
        drawn += [escape(text[at : found.start()]), _marked(found)]
        at = found.end()
    return "".join([*drawn, escape(text[at:])])


def _marked(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "time":
            return f"{datetime.fromtimestamp(int(found['time']), UTC):%-d %B %Y %H:%M}"
        case "far":
            return _far(datetime.fromtimestamp(int(found["far"]), UTC) - START)
        case "url":
            return f"<a>{_inline(found['label'])}</a>"
        case "bold":
            return f"<b>{_inline(found['bold'])}</b>"
        case "escaped":
            return escape(found["escaped"])
        case _:
            return f"<code>{escape(found['fenced'] or found['code'])}</code>"


def _far(span: timedelta) -> str:
    """Return a time span from the start of the story in Discord's words."""
    hours = round(span / timedelta(hours=1))
    if hours == 0:
        return "just now"
    number, unit = (abs(hours), "hour") if abs(hours) < 24 else (round(abs(hours) / 24), "day")
    words = f"{number} {unit}{'s' if number > 1 else ''}"
    return f"in {words}" if hours > 0 else f"{words} ago"
