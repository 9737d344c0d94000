"""Audit chains as lines of JSON that can be kept elsewhere, and the verification of such lines.

Every entry is a line with its number, its hash and the previous hash. The last line of a chain repeats the
last number and hash, so that a truncated file is noticed.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.core.audit import GENESIS, AuditEntry, SealedEntry, chain_of, seal
from bot.core.values import asdict, dataclass, field_names

if TYPE_CHECKING:
    from bot.core.ports import Audit

_ENTRY = frozenset(field_names(AuditEntry))
_LINE = _ENTRY | {"chain", "number", "previous", "hash"}


class Flaw(StrEnum):
    """What is wrong with a chain."""

    UNREADABLE = "it cannot be read"
    NUMBER = "an entry is missing, added or in the wrong place"
    PREVIOUS = "it does not follow the entry before it"
    HASH = "it was changed"
    END = "entries are missing at the end"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of verifying a chain: entries `first` to `last` are sound, and what is wrong after them."""

    chain: str
    first: int
    last: int
    flaw: Flaw | None = None
    entry_id: str = ""


def lines(chain: Iterable[SealedEntry], previous: str = GENESIS) -> Iterator[str]:
    """Yield the lines of a chain, or of a part of it whose first entry follows the hash `previous`."""
    sealed = None
    for sealed in chain:
        content = asdict(sealed.entry) | {"at": sealed.entry.at.isoformat()}
        place = {"chain": chain_of(sealed.entry), "number": sealed.number, "previous": previous}
        yield _json({**place, "hash": sealed.hash, **content})
        previous = sealed.hash
    if sealed is not None:
        end = {"number": sealed.number, "hash": sealed.hash}
        yield _json({"chain": chain_of(sealed.entry), "end": end})


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class _Reading:
    """The progress of verifying one chain."""

    chain: str
    first: int
    last: int
    hash: str
    ended: bool = False
    flaw: Flaw | None = None
    entry_id: str = ""

    def verdict(self) -> Verdict:
        flaw = self.flaw or (None if self.ended else Flaw.END)
        return Verdict(self.chain, self.first, self.last, flaw, self.entry_id)


def verify(read: Iterable[str]) -> list[Verdict]:
    """Verify exported lines of one or several chains; return each chain's verdict, with its first flaw."""
    chains: dict[str, _Reading] = {}
    for line in read:
        if not line.strip():
            continue
        name, content = _read(line)
        reading = chains.get(name)
        if reading is None:
            reading = chains[name] = _begin(name, content)
        if reading.flaw is None:
            _follow(reading, content)
    return [reading.verdict() for reading in chains.values()]


def _read(line: str) -> tuple[str, dict[str, Any]]:
    """Return the chain and the content of a line; an unreadable one is reported as a chain named `?`."""
    try:
        content = json.loads(line)
        return str(content["chain"]), content
    except (ValueError, TypeError, KeyError):
        return "?", {}


def _begin(name: str, content: dict[str, Any]) -> _Reading:
    """Start verifying at the first line of a chain; an export may begin in the middle of a chain."""
    number = content.get("number")
    first = max(number, 1) if isinstance(number, int) else 1
    before = GENESIS if first == 1 else str(content.get("previous"))
    return _Reading(name, first, first - 1, before)


def _follow(reading: _Reading, content: dict[str, Any]) -> None:
    if set(content) == {"chain", "end"}:
        reading.ended = content["end"] == {"number": reading.last, "hash": reading.hash}
        reading.flaw = None if reading.ended else Flaw.END
        return
    reading.entry_id = str(content.get("id", ""))
    reading.flaw = _flaw(reading, content)
    if reading.flaw is None:
        reading.ended = False
        reading.last, reading.hash, reading.entry_id = content["number"], content["hash"], ""


def _flaw(reading: _Reading, content: dict[str, Any]) -> Flaw | None:
    try:
        if set(content) != _LINE:
            return Flaw.UNREADABLE
        values = {name: content[name] for name in _ENTRY} | {"at": datetime.fromisoformat(content["at"])}
        entry = AuditEntry(**values)
        if content["number"] != reading.last + 1:
            return Flaw.NUMBER
        if content["previous"] != reading.hash:
            return Flaw.PREVIOUS
        fits = content["hash"] == seal(entry, content["number"], reading.hash)
        return None if fits and chain_of(entry) == reading.chain else Flaw.HASH
    except (ValueError, TypeError):
        return Flaw.UNREADABLE


def verify_stored(name: str, chain: Iterable[SealedEntry], head: tuple[int, str]) -> Verdict:
    """Verify a chain of the database, and that it ends where its stored head says."""
    last, previous = 0, GENESIS
    for sealed in chain:
        if sealed.number != last + 1:
            return Verdict(name, 1, last, Flaw.NUMBER, sealed.entry.id)
        if sealed.hash != seal(sealed.entry, sealed.number, previous) or chain_of(sealed.entry) != name:
            return Verdict(name, 1, last, Flaw.HASH, sealed.entry.id)
        last, previous = sealed.number, sealed.hash
    return Verdict(name, 1, last, None if head == (last, previous) else Flaw.END)


def verify_all_stored(log: "Audit") -> list[Verdict]:
    """Verify all chains of the database."""
    return [verify_stored(name, log.chain(name), log.head(name)) for name in log.chains()]
