"""The questions that a school asks people who want to join, and their answers."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from bot.core.errors import BadValue, Declared
from bot.core.values import dataclass

# A Discord modal holds at most five inputs.
MOST = 5
LONGEST = 100
LONGEST_ANSWER = 500
_OPTIONAL = re.compile(r"\s*\(optional\)\s*$", re.IGNORECASE)
_DIGEST = 8


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a school; a required one must be answered."""

    text: str
    required: bool = True

    def __str__(self) -> str:
        """Return the question as admins type it."""
        return self.text if self.required else f"{self.text} (optional)"


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, in its wording at the time, and what the applicant answered."""

    question: str
    text: str


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """The answers that an applicant typed, in the order of the questions, with a digest of those they saw."""

    asked: str
    texts: tuple[str, ...]


def read_question(typed: str) -> Question | None:
    """Read a question as typed; None if it is empty. One that ends with “(optional)” is not required."""
    text = " ".join(typed.split())
    words = _OPTIONAL.sub("", text)
    return Question(words, required=words == text) if words else None


def name_of(place: int) -> Declared:
    """Return the name of the option for the answer to the question at a place, counted from 0."""
    return Declared(f"answer_{place + 1}")


def digest(questions: Sequence[Question]) -> str:
    """Return a short text that changes when the questions do, to tell to which questions answers belong."""
    said = "\n".join(map(str, questions))
    return hashlib.sha256(said.encode()).hexdigest()[:_DIGEST]


def merged(sets: Iterable[Sequence[Question]]) -> tuple[Question, ...]:
    """Merge the questions of several schools into one form, without duplicates.

    Leaves out a school whose questions would make the form longer than `MOST`.
    """
    found: dict[Question, None] = {}
    for questions in sets:
        more = found | dict.fromkeys(questions)
        found = more if len(more) <= MOST else found
    return tuple(found)


def for_school(questions: Sequence[Question], answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Return the answers to the questions of one school."""
    own = {one.text for one in questions}
    return tuple(one for one in answers if one.question in own)


def answered(questions: Sequence[Question], given: GivenAnswers | None) -> tuple[Answer, ...] | None:
    """Pair the answers with their questions; None if the questions have not been asked yet, or have changed.

    Leaves out unanswered optional questions; refuses with `BadValue` if a required one is unanswered.
    """
    if not questions:
        return ()
    if given is None or given.asked != digest(questions):
        return None
    found = []
    for place, question in enumerate(questions):
        text = given.texts[place] if place < len(given.texts) else ""
        if text:
            found.append(Answer(question.text, text))
        elif question.required:
            raise BadValue(name_of(place), "is missing: the school needs an answer to it")
    return tuple(found)
