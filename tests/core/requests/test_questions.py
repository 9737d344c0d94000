"""The questions that schools ask applicants, and which answers belong to them."""

import pytest

from bot.core.errors import BadValue
from bot.core.requests import questions
from bot.core.requests.questions import MOST, Answer, GivenAnswers, Question

CLASS, MORE = Question("Which class?"), Question("More?", required=False)
ASKED = (CLASS, MORE)


def _given(*texts: str, of: tuple[Question, ...] = ASKED) -> GivenAnswers:
    return GivenAnswers(questions.digest(of), texts)


def test_what_was_asked_is_known_by_a_text_that_stays_the_same() -> None:
    """Forms stay open during an upgrade: the new version must still know their questions."""
    assert questions.digest(ASKED) == "715c21cf"
    assert questions.digest((MORE, CLASS)) != questions.digest(ASKED)
    assert questions.digest((CLASS, Question("More?"))) != questions.digest(ASKED)


ANSWERS = [
    (_given("4b", "no"), (Answer("Which class?", "4b"), Answer("More?", "no"))),
    (_given("4b", ""), (Answer("Which class?", "4b"),)),
    (_given("4b"), (Answer("Which class?", "4b"),)),
    (_given("4b", of=(CLASS,)), None),
    (None, None),
]


@pytest.mark.parametrize(("given", "answers"), ANSWERS)
def test_answers_are_put_to_what_was_asked(
    given: GivenAnswers | None, answers: tuple[Answer, ...] | None
) -> None:
    assert questions.answered(ASKED, given) == answers


def test_without_questions_there_are_no_answers() -> None:
    assert questions.answered((), _given("4b")) == questions.answered((), None) == ()


@pytest.mark.parametrize(("asked", "texts", "option"), [
    (ASKED, (), "answer_1"), (ASKED, ("", "no"), "answer_1"), ((MORE, CLASS), ("no", ""), "answer_2"),
])  # fmt: skip
def test_what_must_be_answered_is_named_by_its_place(
    asked: tuple[Question, ...], texts: tuple[str, ...], option: str
) -> None:
    with pytest.raises(BadValue) as wrong:
        questions.answered(asked, _given(*texts, of=asked))
    told = (wrong.value.option, wrong.value.problem, wrong.value.example)
    assert told == (option, "is missing: the school needs an answer to it", "")


def test_questions_of_several_schools_are_asked_once_and_in_whole_sets() -> None:
    others = tuple(Question(f"{number}?") for number in range(MOST - 1))
    assert questions.merged([ASKED, (MORE,), ASKED]) == ASKED
    assert questions.merged([(CLASS,), others]) == (CLASS, *others)  # as many as fit
    assert questions.merged([ASKED, others, (MORE,)]) == ASKED
    assert questions.merged([ASKED, others, (Question("Last?"),)]) == (*ASKED, Question("Last?"))
    assert questions.merged([]) == ()


def test_a_school_gets_the_answers_to_what_it_asks() -> None:
    answers = (Answer("Which class?", "4b"), Answer("Which bus?", "7"))
    assert questions.for_school(ASKED, answers) == answers[:1]
    assert questions.for_school((), answers) == ()
