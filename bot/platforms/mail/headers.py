"""Headers that say what somebody typed, letter by letter.

The library reads what it is given for a header, and takes `=?utf-8?q?…?=` for an encoded word. By one, a name
could bring a line break along, and so headers of its own. It also encodes a word that is longer than a line:
but what stands for an address no mail program decodes. So these headers are made without it.
"""

from email.header import Header
from email.headerregistry import BaseHeader, UnstructuredHeader
from email.policy import Policy
from typing import Any

from bot.chat.text import clean

# How an encoded word begins.
ENCODED = "=?"


class Verbatim(BaseHeader):
    """A header that is what it says; made with its name and its text."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take a text without reading it."""
        kwds["decoded"], kwds["parse_tree"] = one_line(value), UnstructuredHeader.value_parser("")

    def fold(self, *, policy: Policy) -> str:
        """Write the header's lines."""
        said = str(self)
        if not said.isascii() or ENCODED in said:
            said = Header(said, "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {said}{policy.linesep}"


def one_line(text: str) -> str:
    """Make of a text what can be a header: one line, and nothing that cannot be seen."""
    return " ".join(clean(text).split())
