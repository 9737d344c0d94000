"""Renders lines as Discord markdown; all text that is not our own markup is escaped."""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from bot.chat.text import Channel, Code, Line, Link, Plain, Span, Strong, Time, clean, spans, text_of

_MARKUP = re.compile(r"[\\*_~`|<>\[\]]")
_LINE_START = re.compile(r"(?m)^(\s*)([-+#]|\d+(?=[.)]))")
_EVERYONE = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_WORD = re.compile(r"\S{1,300}|\s+")
# Everything that `escape` looks for contains one of these, and most texts contain none: a fast check.
_ANYTHING = re.compile(r"[\\*_~`|<>\[\]@#+-]|://|\d[.)]")
_BREAK = "\u200b"  # an invisible zero-width space that breaks up mentions and code fences


def escape(text: str) -> str:
    """Escape a text so that it shows exactly as it is, without markup, links or mentions."""
    text = clean(text)
    if _ANYTHING.search(text) is None:
        return text
    text = _MARKUP.sub(r"\\\g<0>", text).replace("://", "\\://")
    text = _LINE_START.sub(_at_line_start, text)
    return _EVERYONE.sub(f"@{_BREAK}", text)


def _at_line_start(match: re.Match[str]) -> str:
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def unescape(markdown: str) -> str:
    """Reverse `escape`."""
    return _ESCAPED.sub(r"\1", markdown.replace(_BREAK, ""))


def markdown(line: Line) -> str:
    """Return a line as markdown."""
    return "".join([_markdown(span) for span in spans(line)])


def pieces(line: Line, longest: int) -> list[str]:
    """Return a line as markdown, split between words into pieces of at most `longest` characters."""
    whole = markdown(line)
    if len(whole) <= longest:
        return [whole]
    found = [""]
    for span in spans(line):
        for atom in _atoms(span):
            if found[-1] and len(found[-1]) + len(atom) > longest:
                found.append("")
            found[-1] += atom
    return found


def _atoms(span: Span) -> list[str]:
    match span:
        case Plain(text):
            return [escape(word) for word in _WORD.findall(text)]
        case Strong(text) | Code(text) if len(text) > 300:  # noqa: PLR2004 - as long as a word may be
            return [_markdown(type(span)(part)) for part in _WORD.findall(text)]
        case _:
            return [_markdown(span)]


def _markdown(span: Span) -> str:
    match span:
        case Plain(text):
            return escape(text)
        case Strong(text):
            return _strong(text)
        case Code(text):
            return _code(clean(text))
        case Link(label, url):
            return _link(label, url)
        case Time(at):
            return f"<t:{_seconds(at)}:f>"
        case Channel(channel):
            return f"<#{channel}>" if channel.isdecimal() else escape(text_of(span))


def from_now(line: Line) -> str:
    """Return a relative timestamp, such as "in 3 days", for a line that is a single time; otherwise ""."""
    match spans(line):
        case (Time(at),):
            return f"<t:{_seconds(at)}:R>"
        case _:
            return ""


def _strong(text: str) -> str:
    inner = text.strip()
    if not inner:
        return text
    before, _, after = text.partition(inner)
    return f"{before}**{escape(inner)}**{after}"


def _code(text: str) -> str:
    if not text.strip():
        return text
    if "`" not in text:
        return f"`{text}`"
    # A fence of two backticks can hold single ones; longer runs inside it are broken up.
    return f"`` {text.replace('``', f'`{_BREAK}`')} ``"


def _link(label: str, url: str) -> str:
    if not is_web_address(url):
        return escape(text_of(Link(label, url)))
    # Brackets and spaces would end the URL early.
    return f"[{escape(label)}]({quote(url, safe=_IN_ADDRESS)})"


_IN_ADDRESS = ":/?#@!$&'*+,;=%~-._"


def is_web_address(url: str) -> bool:
    """Tell whether Discord can link to a URL: http or https, with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def is_public(url: str) -> bool:
    """Tell whether a button can open a URL: Discord refuses hosts without a dot, such as localhost."""
    return is_web_address(url) and "." in (urlsplit(url).hostname or "")


def _seconds(at: datetime) -> int:
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def shortened(text: str, longest: int) -> str:
    """Shorten a text, ending it with an ellipsis; for texts that are shown in full elsewhere."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
