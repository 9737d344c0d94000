"""E-mail headers whose text is taken literally.

The standard library parses a header value that it is given and decodes `=?utf-8?q?…?=` as an encoded word. A
name that somebody typed could use one to smuggle in a line break, and with it headers of its own. The library
also encodes any word that is longer than a line, and mail programs do not decode an encoded word inside a
URL. The headers made here bypass both.
"""

from email.header import Header
from email.headerregistry import BaseHeader, UnstructuredHeader
from email.policy import Policy
from typing import Any

from bot.chat.text import clean

# The start of an encoded word (RFC 2047).
ENCODED = "=?"


class Verbatim(BaseHeader):
    """A header whose value is not parsed, created from its name and its text."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Store the text without parsing it."""
        kwds["decoded"], kwds["parse_tree"] = one_line(value), UnstructuredHeader.value_parser("")

    def fold(self, *, policy: Policy) -> str:
        """Return the header as lines for the wire, encoded only where it must be."""
        said = str(self)
        if not said.isascii() or ENCODED in said:
            said = Header(said, "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {said}{policy.linesep}"


def one_line(text: str) -> str:
    """Return a text as one line without invisible characters, fit for a header."""
    return " ".join(clean(text).split())
