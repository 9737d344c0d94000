"""What a school asks of those who want to join, and what they answer."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from bot.core.errors import BadValue, Declared
from bot.core.values import dataclass

# A modal of Discord holds five inputs.
MOST = 5
LONGEST = 100
LONGEST_ANSWER = 500
_OPTIONAL = re.compile(r"\s*\(optional\)\s*$", re.IGNORECASE)
_DIGEST = 8


@dataclass(frozen=True, slots=True)
class Question:
    """One question; a required one must be answered."""

    text: str
    required: bool = True

    def __str__(self) -> str:
        """Show as admins type it."""
        return self.text if self.required else f"{self.text} (optional)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, in the words of that day, and what the applicant wrote."""

    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """What an applicant wrote, place by place, and a digest of the questions that they saw."""

    asked: str
    texts: tuple[str, ...]


def read_question(typed: str) -> Question | None:
    """Read a question; one that ends with “(optional)” need not be answered. None if there is none."""
    text = " ".join(typed.split())
    words = _OPTIONAL.sub("", text)
    return Question(words, required=words == text) if words else None


def name_of(place: int) -> Declared:
    """Name the option that takes the answer to the question at a place, from 0 on."""
    return Declared(f"answer_{place + 1}")


def digest(questions: Sequence[Question]) -> str:
    """Make a short text that differs when the questions do: answers belong to what was asked."""
    said = "\n".join(map(str, questions))
    return hashlib.sha256(said.encode()).hexdigest()[:_DIGEST]


def together(sets: Iterable[Sequence[Question]]) -> tuple[Question, ...]:
    """Join what several schools ask into one form, each question once; only whole sets, while they fit."""
    found: dict[Question, None] = {}
    for questions in sets:
        more = found | dict.fromkeys(questions)
        found = more if len(more) <= MOST else found
    return tuple(found)


def for_school(questions: Sequence[Question], answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Choose the answers to what one school asks."""
    own = {one.text for one in questions}
    return tuple(one for one in answers if one.question in own)


def answered(questions: Sequence[Question], given: Given | None) -> tuple[Answer, ...] | None:
    """Put answers to questions; None where the questions are still to be asked, or are others by now.

    Refuses where a required one has no answer. Those that were not answered are left out.
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
