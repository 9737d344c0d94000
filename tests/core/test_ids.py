"""Ids sort by the time they were made; codes are read as people type them; links contain their token."""

from datetime import timedelta

import pytest

from bot.core import ids
from tests.world import START

MOMENT = timedelta(milliseconds=1)
CODE = "23456789ABCDE"


def test_an_id_sorts_by_when_it_was_made() -> None:
    made = [make(START + after * MOMENT) for after in range(3) for make in (ids.earliest_id, ids.new_id)]
    assert made == sorted(made)
    assert all(map(ids.is_id, made))
    assert made[0] == "01m1dzpw0" + "0" * 17
    assert ids.new_id(START) != ids.new_id(START)


def test_ids_that_one_process_makes_in_a_moment_are_in_order() -> None:
    made = [ids.next_id(START) for _ in range(1000)]
    assert made == sorted(set(made))
    assert all(one.startswith("01m1dzpw0") for one in made)


def test_numbered_ids_are_in_the_order_of_their_numbers() -> None:
    number = ids.numbered_ids(START)
    places = [0, 1, 1023, 1024, 1025, 2**20 - 1, 2**20, 2**20 + 1, 2**21 + 1025, 2**30 - 1]
    made = [number(place) for place in places]
    assert made == sorted(set(made))
    assert all(map(ids.is_id, made))
    assert ids.numbered_ids(START)(0) != made[0]


@pytest.mark.parametrize("typed", ["", "01M1DZPW0" + "0" * 17, "01m1dzpw0" + "0" * 18, "u" * 26, " " * 26])
def test_what_is_no_id(typed: str) -> None:
    assert not ids.is_id(typed)


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "2345-6789-ABCDE",
        " 2345 6789 abcde ",
        "2345\u20136789\u2014ABCDE",
        "2345.6789_ABCDE",
        "`2345-6789-ABCDE`",
        "*<2345\u20116789\u2011ABCDE>*.",
        "\u200b2345-6789-ABCDE\u00a0",
        "/join 2345-6789-ABCDE",
        "Code: 2345-6789-abcde",
        "People can also type `/join 2345\u20136789\u2013ABCDE`.",
        f"my code is {CODE}, or 2345-6789-ABCDE",
    ],
)
def test_a_code_is_read_without_regard_to_case_and_dashes(typed: str) -> None:
    assert ids.normal_code(typed) == CODE
    assert ids.grouped(CODE) == "2345-6789-ABCDE"


@pytest.mark.parametrize(
    "typed",
    [
        *("", CODE[:-1], f"{CODE}F", f"{CODE[:-1]}0", f"{CODE[:-1]}U", f"{CODE[:-1]}\u0131"),
        *(f"{CODE} or {CODE[::-1]}", f"x{CODE} y", f"{CODE}-F z", "2345-6789-ABCD and E"),
    ],
)
def test_what_is_no_code(typed: str) -> None:
    assert ids.normal_code(typed) is None


@pytest.mark.parametrize("token", [f"{CODE}_abcdefgh", f"abcdefgh_{CODE}", f"abcdefg--{CODE}"[-22:]])
def test_a_link_whose_token_looks_as_if_it_held_a_code(token: str) -> None:
    for typed in (f"https://homeroom.example/i/{token}", f"Come in: https://homeroom.example/i/{token} !"):
        assert (ids.normal_code(typed), ids.token_in(typed)) == (None, token)


def test_a_part_of_a_code_is_shown_without_empty_groups() -> None:
    assert [ids.grouped(CODE[:size]) for size in (0, 4, 5)] == ["", "2345", "2345-6"]


def test_new_codes_and_tokens_are_as_long_as_they_must_be() -> None:
    codes, tokens = {ids.new_code() for _ in range(50)}, {ids.new_token() for _ in range(50)}
    assert len(codes) == len(tokens) == 50
    assert all(ids.normal_code(code) == code for code in codes)
    assert {len(token) for token in tokens} == {22}


@pytest.mark.parametrize(
    ("typed", "token"),
    [
        ("https://school.example/i/" + "a" * 22, "a" * 22),
        ("<https://school.example/i/" + "-_" * 11 + ">", "-_" * 11),
        ("https://school.example/i/" + "a" * 22 + "?from=mail", "a" * 22),
        # As Outlook and Proofpoint rewrite links.
        ("https://safe.example/?url=https%3A%2F%2Fhome.example%2Fi%2F" + "a" * 22 + "&data=05%7C", "a" * 22),
        ("https://defense.example/v3/__https://school.example/i/" + "a" * 22 + "__;!!Ab-c$", "a" * 22),
        ("https://school.example/i/" + "a" * 23, None),
        ("https://school.example/i/" + "a" * 21, None),
        ("https://school.example/j/" + "a" * 22, None),
        ("a" * 22, None),
    ],
)
def test_a_pasted_link_holds_its_token(typed: str, token: str | None) -> None:
    assert ids.token_in(typed) == token


def test_a_secret_is_kept_as_its_hash() -> None:
    of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # pragma: allowlist secret
    assert ids.hash_of("abc") == of_abc
