"""A school's questions to applicants, as fields of a form, and their answers on a card."""

from collections.abc import Sequence

from bot.cards.common import fields
from bot.chat.options import Option
from bot.chat.replies import Fields
from bot.chat.text import say, verbatim
from bot.core.requests.asking import PendingQuestions
from bot.core.requests.questions import LONGEST_ANSWER, Answer, name_of

# Some platforms cut longer labels of a field; a longer question is therefore repeated below its field.
_LABEL = 45
# Why the form opens again after the applicant has filled it in.
QUESTIONS_CHANGED = say(
    "The questions were changed while you were writing, so your answers were not sent. Please answer these."
)


def as_options(what: PendingQuestions) -> tuple[Option, ...]:
    """Return a form's option for each question."""
    who = "A school that you were invited to" if what.with_others else what.school.name
    note = f"{who} asks this. Only those who decide read it."
    return tuple(
        Option(
            question.text if len(question.text) > _LABEL else note,
            name=name_of(place),
            title=question.text,
            required=question.required,
            maximum=LONGEST_ANSWER,
            lines=True,
        )
        for place, question in enumerate(what.questions)
    )


def answers(given: Sequence[Answer]) -> Fields:
    """Return fields with an applicant's answers."""
    return fields(*((verbatim(one.question), verbatim(one.text)) for one in given))
