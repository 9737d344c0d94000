"""Addresses that look alike: only the invited one opens an invitation, and nobody is merged."""

# ruff: noqa: RUF001 - look-alikes are what this is about

import random
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import idna
import pytest

from bot.core.email_addresses import read_email
from bot.core.invitations import accepting, addressed
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.joining_errors import WrongAccount
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from tests.core.door import maple, open_door
from tests.core.invited import ADA, signed_in

PAIRS: Final = 5000
_NAMES = ("nia.okafor", "straße", "zoë", "kim", "ivan", "fi.lia", "ada_l", "o'neil", "x", "ıklil", "ŝipo")
_HOSTS = ("example.org", "schüle.example", "xn--schle-mva.example", "faß.example", "kiosk.example")
_LOOK_ALIKE = {
    "a": "а",
    "e": "е",
    "o": "о",
    "i": "ı",
    "k": "K",
    "s": "ſ",
    "x": "х",
    "n": "ո",
    "l": "1",
    "c": "ϲ",
    ".": "․",
    "ß": "ss",
    "ë": "e",
    "ü": "u",
    "f": "ﬀ",
}


def _whole(change: Callable[[str], str]) -> Callable[[str, random.Random], str]:
    return lambda address, _: change(address)


def _one_look_alike(address: str, choose: random.Random) -> str:
    places = [at for at, letter in enumerate(address) if letter in _LOOK_ALIKE]
    at = choose.choice(places)
    return address[:at] + _LOOK_ALIKE[address[at]] + address[at + 1 :]


def _dotted(address: str, choose: random.Random) -> str:
    at = choose.randrange(1, max(2, address.index("@")))
    return address[:at] + "." + address[at:]


def _undotted(address: str, _: random.Random) -> str:
    local, host = address.split("@")
    return f"{local.replace('.', '')}@{host}"


def _tagged(address: str, choose: random.Random) -> str:
    local, _, host = address.partition("@")
    return f"{local}+{choose.choice(('school', 'a', '1'))}@{host}"


def _other_case(address: str, choose: random.Random) -> str:
    return "".join(choose.choice((letter.upper(), letter.lower())) for letter in address)


def _other_host(address: str, choose: random.Random) -> str:
    local, _, _host = address.partition("@")
    return f"{local}@{choose.choice(_HOSTS)}"


def _punycode(address: str, _: random.Random) -> str:
    local, host = address.split("@")
    return f"{local}@{host.encode('idna').decode()}"


def _invisible(address: str, choose: random.Random) -> str:
    at = choose.randrange(1, len(address))
    return address[:at] + choose.choice("\u200b\u00ad\u2060\u200d\ufeff\u202e") + address[at:]


CHANGES: Final = (
    _one_look_alike,
    _dotted,
    _undotted,
    _tagged,
    _other_case,
    _other_host,
    _punycode,
    _invisible,
    _whole(lambda address: f" {address} "),
    _whole(lambda address: address.replace("@", " @")),
    _whole(lambda address: unicodedata.normalize("NFD", address)),
    _whole(lambda address: unicodedata.normalize("NFKC", address)),
    _whole(lambda address: unicodedata.normalize("NFKD", address)),
    _whole(str.casefold),
    _whole(str.upper),
    _whole(lambda address: f'"{address.partition("@")[0]}"@{address.partition("@")[2]}'),
    _whole(lambda address: address + "."),
    _whole(lambda address: f"Nia <{address}>"),
    _whole(lambda address: address.replace("@", "@sub.")),
)


def _same(one: str, other: str) -> bool:
    """Say the plain way whether two texts are one address: the same but for A to Z, spaces and spellings.

    A host is the same where the resolver asks for the same name; é is the same in one character and in two.
    """
    first, second = (_parts(text.strip()) for text in (one, other))
    return first is not None and first == second


def _parts(text: str) -> tuple[str, str] | None:
    local, _, host = text.rpartition("@")
    if text.count("@") != 1 or not local or any(map(_is_none, local)):
        return None
    plain = "".join(one.lower() if one.isascii() else one for one in unicodedata.normalize("NFC", local))
    try:
        return plain, idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return None


def _is_none(letter: str) -> bool:
    """Tell whether a letter is invisible, or is another one that normalises to A to Z."""
    becomes = unicodedata.normalize("NFC", letter)
    return unicodedata.category(letter) == "Cf" or (becomes.isascii() and not letter.isascii())


def _pairs() -> list[tuple[str, str]]:
    """Make pairs that look alike, each from an address that can be invited; the same ones every time."""
    choose = random.Random(4)
    found: dict[tuple[str, str], None] = {}
    while len(found) < PAIRS:
        name, tag = choose.choice(_NAMES), choose.choice(("", "7", "kim", "ab"))
        invited = read_email(f"{name}{tag}@{choose.choice(_HOSTS)}")
        changed = invited
        for _ in range(choose.choice((1, 1, 2, 3))):
            with suppress(ValueError, IndexError):  # it does not fit what another change has left
                changed = choose.choice(CHANGES)(changed, choose)
        if changed != invited:
            found[invited, changed] = None
    return list(found)


class _Tried(Exception):
    """Undoes each try, so that all start with the same few people."""

    def __init__(self, *, entered: bool, known: bool) -> None:
        super().__init__()
        self.entered, self.known = entered, known


async def test_5000_confusable_pairs_and_nobody_is_let_in_or_merged_wrongly() -> None:
    door = open_door()
    await maple(door, invite=None)
    offer = Offer(((await door.school(), "Staff"),))
    wrong: list[tuple[str, str]] = []
    let_in = 0
    for invited, alike in _pairs():
        visitor = Actor(signed_in("visitor", alike), None)

        def unit(uow: UnitOfWork, invited: str = invited, visitor: Actor = visitor) -> None:
            ada = Actor(ADA, uow.people.by_account(ADA.account))
            invitation = addressed.create(uow, ada, Invitee("Nia", invited), offer)
            entered = True
            try:
                accepting.accept(uow, visitor, invitation, holds_link=True)
            except WrongAccount:
                entered = False
            raise _Tried(entered=entered, known=uow.people.by_account(visitor.caller.account) is not None)

        with pytest.raises(_Tried) as tried:
            await door.database.run(unit)
        let_in += tried.value.entered
        if tried.value.known != tried.value.entered or (tried.value.entered and not _same(invited, alike)):
            wrong.append((invited, alike))
    assert wrong == []
    assert 200 < let_in < PAIRS / 2, "some spellings are the same address, and most are not"
