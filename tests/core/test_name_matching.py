"""Names are compared without regard to case, accents and the way in which marks are encoded."""

import pytest

from bot.core.name_matching import fold_name


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("José Núñez", "jose nunez"),
        ("NÚN\u0303EZ", "núñez"),
        ("Seán O\u2019Brien", "sean o'brien"),
        ("Łukasz Sørensen", "LUKASZ SORENSEN"),
        ("Straße", "STRASSE"),
        ("Æsa Þórsdóttir", "aesa thorsdottir"),
        ("İpek I\u015f\u0131k", "ipek isik"),
        ("Артём", "артем"),
        ("Ελένη", "ΕΛΕΝΗ"),
        ("Anne\u2011Marie", "anne-marie"),
    ],
)
def test_names_match_in_every_way_of_writing(name: str, typed: str) -> None:
    assert fold_name(name) == fold_name(typed)


@pytest.mark.parametrize(("name", "other"), [("がく", "かく"), ("김", "기"), ("Nia", "Mia"), ("กิ", "กา")])
def test_marks_that_make_another_letter_stay(name: str, other: str) -> None:
    assert fold_name(name) != fold_name(other)


def test_a_name_that_was_written_so_stays_so() -> None:
    for name in ("김철수", "がく", "Núñez", "O\u2019Brien", "İ"):
        assert fold_name(fold_name(name)) == fold_name(name)
