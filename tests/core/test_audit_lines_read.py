"""Lines of an audit chain are written and read one by one: the name and the place of each flaw."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from bot.core.audit import GENESIS, SYSTEM_CHAIN, AuditEntry, SealedEntry, pieces, seal
from bot.core.audit_lines import Flaw, Verdict, lines, verify, verify_stored

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def _entry(number: int, school: str | None = "oak") -> AuditEntry:
    return AuditEntry(f"id{number}", AT, school, "p1", "web", "school.edited", "school:oak", {}, {"n": "é"})


def _chain(length: int, school: str | None = "oak", previous: str = GENESIS) -> list[SealedEntry]:
    made: list[SealedEntry] = []
    for number in range(1, length + 1):
        entry = _entry(number, school)
        made.append(SealedEntry(entry, number, seal(entry, number, previous)))
        previous = made[-1].hash
    return made


def _written(length: int = 3) -> list[str]:
    return list(lines(_chain(length)))


def test_an_entry_is_one_line_of_json_and_the_last_tells_where_the_chain_has_come_to() -> None:
    (sealed,) = _chain(1)
    entry, end = lines([sealed])
    assert entry == (
        f'{{"chain":"oak","number":1,"previous":"{GENESIS}","hash":"{sealed.hash}","id":"id1",'
        '"at":"2026-09-01T08:00:00+00:00","school_id":"oak","actor_id":"p1","front":"web",'
        '"action":"school.edited","subject":"school:oak","old":{},"new":{"n":"é"}}'
    )
    assert end == f'{{"chain":"oak","end":{{"number":1,"hash":"{sealed.hash}"}}}}'
    assert list(lines([])) == []


def test_what_belongs_to_no_school_is_a_chain_of_its_own() -> None:
    both = [*_written(2), *lines(_chain(1, None))]
    assert verify(both) == [Verdict("oak", 1, 2), Verdict(SYSTEM_CHAIN, 1, 1)]


def test_the_pieces_that_a_database_fills_make_what_is_sealed() -> None:
    for school in ("oak", None):
        before, between, after = pieces(_entry(7, school))
        whole = f"{before}42{between}{GENESIS}{after}"
        assert hashlib.sha256(whole.encode()).hexdigest() == seal(_entry(7, school), 42, GENESIS)
        assert json.loads(whole)["number"] == 42


def test_lines_may_have_empty_ones_between_them() -> None:
    first, *rest = _written()
    assert verify(["", first, " \n", *rest, "\n"]) == [Verdict("oak", 1, 3)]
    assert verify(["\n"]) == []


def _said(place: int, **values: object) -> Callable[[Sequence[str]], list[str]]:
    """Change values in a line."""

    def changed(written: Sequence[str]) -> list[str]:
        fresh = {**json.loads(written[place]), **values}
        return [*written[:place], json.dumps(fresh), *written[place + 1 :]]

    return changed


def _without(place: int, name: str) -> Callable[[Sequence[str]], list[str]]:
    """Remove a field from a line."""

    def changed(written: Sequence[str]) -> list[str]:
        fresh = {key: value for key, value in json.loads(written[place]).items() if key != name}
        return [*written[:place], json.dumps(fresh), *written[place + 1 :]]

    return changed


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (_said(0, number=0), Verdict("oak", 1, 0, Flaw.NUMBER, "id1")),
        (_said(0, number=-4), Verdict("oak", 1, 0, Flaw.NUMBER, "id1")),
        (_said(0, number="1"), Verdict("oak", 1, 0, Flaw.NUMBER, "id1")),
        (_said(0, number=None), Verdict("oak", 1, 0, Flaw.NUMBER, "id1")),
        (_said(0, previous="0"), Verdict("oak", 1, 0, Flaw.PREVIOUS, "id1")),
        (_without(1, "id"), Verdict("oak", 1, 1, Flaw.UNREADABLE, "")),
        (_without(1, "hash"), Verdict("oak", 1, 1, Flaw.UNREADABLE, "id2")),
        (_said(1, at=3), Verdict("oak", 1, 1, Flaw.UNREADABLE, "id2")),
        (_said(3, end={"number": 2, "hash": "0"}), Verdict("oak", 1, 3, Flaw.END)),
        (_said(3, end=None), Verdict("oak", 1, 3, Flaw.END)),
        (lambda written: written[1:], Verdict("oak", 2, 3)),
        (lambda written: written[2:], Verdict("oak", 3, 3)),
        (lambda written: written[:2], Verdict("oak", 1, 2, Flaw.END)),
        (lambda written: written[3:], Verdict("oak", 1, 0, Flaw.END)),
    ],
)
def test_each_flaw_has_its_name_and_its_place(
    change: Callable[[Sequence[str]], list[str]], verdict: Verdict
) -> None:
    assert verify(change(_written())) == [verdict]


def test_an_end_that_does_not_fit_is_a_flaw_whatever_follows() -> None:
    whole = _written()
    wrong = json.dumps({"chain": "oak", "end": {"number": 1, "hash": "0"}})
    assert verify([whole[0], wrong, *whole[1:]]) == [Verdict("oak", 1, 1, Flaw.END)]
    right = json.dumps({"chain": "oak", "end": {"number": 1, "hash": json.loads(whole[0])["hash"]}})
    assert verify([whole[0], right, *whole[1:]]) == [Verdict("oak", 1, 3)]
    assert verify([whole[0], right, *whole[1:-1]]) == [Verdict("oak", 1, 3, Flaw.END)]


def test_a_chain_that_was_begun_anew_after_another_hash_is_told() -> None:
    forged = list(lines(_chain(2, previous="1" * 64), previous="1" * 64))
    assert verify(forged) == [Verdict("oak", 1, 0, Flaw.PREVIOUS, "id1")]


def test_an_entry_of_another_school_is_no_entry_of_this_ones_chain() -> None:
    elsewhere = [_said(0, chain="elm")(_written(1))[0]]
    assert verify(elsewhere) == [Verdict("elm", 1, 0, Flaw.HASH, "id1")]


@pytest.mark.parametrize("line", ["no json", "[]", "3", "{}", '{"number": 1}'])
def test_what_is_no_line_at_all_is_told_as_a_chain_without_a_name(line: str) -> None:
    assert verify([line]) == [Verdict("?", 1, 0, Flaw.UNREADABLE)]


def test_a_stored_chain_is_judged_up_to_its_head() -> None:
    one, two, three = whole = _chain(3)
    head = (3, three.hash)
    changed = SealedEntry(_entry(9), two.number, two.hash)
    assert verify_stored("oak", whole, head) == Verdict("oak", 1, 3)
    assert verify_stored("oak", [], (0, GENESIS)) == Verdict("oak", 1, 0)
    assert verify_stored("oak", [one, three], head) == Verdict("oak", 1, 1, Flaw.NUMBER, "id3")
    assert verify_stored("oak", [one, changed, three], head) == Verdict("oak", 1, 1, Flaw.HASH, "id9")
    assert verify_stored("elm", whole, head) == Verdict("elm", 1, 0, Flaw.HASH, "id1")
    for wrong in ((2, three.hash), (3, two.hash), (4, three.hash)):
        assert verify_stored("oak", whole, wrong) == Verdict("oak", 1, 3, Flaw.END)
