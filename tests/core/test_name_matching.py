"""Names are compared without regard to case, accents and the way in which marks are encoded."""

import pytest

from bot.core.name_matching import fold_name


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("José Núñez", "jose nunez"),
        ("NÚN\u0303EZ", "núñez"),
        ("Seán O\u2019Brien", "sean o'brien"),
        ("Nia O'Neil", "nia oneil"),
        ("Mia D\u2019Angelo", "mia d\u00b4angelo"),
        ("Łukasz Sørensen", "LUKASZ SORENSEN"),
        ("Straße", "STRASSE"),
        ("Æsa Þórsdóttir", "aesa thorsdottir"),
        ("İpek I\u015f\u0131k", "ipek isik"),
        ("Артём", "артем"),
        ("Ελένη", "ΕΛΕΝΗ"),
        ("Anne\u2011Marie", "anne-marie"),
        ("\u0623\u062d\u0645\u062f", "\u0627\u062d\u0645\u062f"),  # Ahmad, with and without hamza
        ("\u0631\u064f\u0648\u0632\u0627", "\u0631\u0648\u0632\u0627"),  # with and without a vowel
        (
            "\u0641\u0627\u0637\u0645\u0629",
            "\u0641\u0627\u0637\u0645\u0647",
        ),  # the two last letters of Fatima
        ("\u06a9\u0631\u06cc\u0645", "\u0643\u0631\u064a\u0645"),  # typed in Iran, and in Egypt
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u0631\u0636\u0627"),
        ("\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd"),  # with and without points
    ],
)
def test_names_match_in_every_way_of_writing(name: str, typed: str) -> None:
    assert fold_name(name) == fold_name(typed)


@pytest.mark.parametrize(
    ("name", "other"),
    [("がく", "かく"), ("김", "기"), ("Nia", "Mia"), ("กิ", "กา"), ("\u0628\u0646", "\u062a\u0646")],
)
def test_marks_that_make_another_letter_stay(name: str, other: str) -> None:
    assert fold_name(name) != fold_name(other)


def test_a_text_of_nothing_but_apostrophes_does_not_match_every_name() -> None:
    assert all(map(fold_name, ("'", "\u2019", "\u0301", "\u0640")))


def test_a_name_that_was_written_so_stays_so() -> None:
    for name in ("'", "\u0640", "김철수", "がく", "Núñez", "O\u2019Brien", "İ"):
        assert fold_name(fold_name(name)) == fold_name(name)
