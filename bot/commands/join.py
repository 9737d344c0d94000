"""/join: join a school by code, link or request, and answer the school's questions first."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from bot.cards.invitations import invitations as cards
from bot.cards.requests import questions as question_cards
from bot.cards.schools import schools as school_cards
from bot.chat import forms
from bot.chat.actions import Action
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.limits import LONG_TEXT
from bot.chat.options import Option, option
from bot.chat.replies import Card, Form
from bot.commands.request import request
from bot.commands.school import public_ones
from bot.core.errors import BadValue, NotFound
from bot.core.ids import has_secret, normal_code, token_in
from bot.core.invitations import accepting, addressed, redeeming
from bot.core.requests import asking
from bot.core.requests.asking import PendingQuestions
from bot.core.requests.questions import LONGEST_ANSWER, GivenAnswers, digest
from bot.core.schools import public_schools
from bot.core.schools.schools import School
from bot.core.values import replace

join = Group("join", "Join a school")

_SOME = 10


@join.command(alone=True, asks=lambda _: {})
def _join(
    ctx: Context,
    code: Annotated[str, option("The code or link you were given", maximum=LONG_TEXT, secret=True)] = "",
    school: Annotated[str, option("A public school, if you have no code", suggest=public_ones)] = "",
) -> Card | Form:
    """Join a school with a code or link, or ask to join a public one."""
    name = school or code  # many type the name of a school in the place of the code
    if has_secret(code):
        return redeem(ctx, code)
    if not name:
        raise BadValue("code", "is missing: enter it, or choose a public school")
    found = public_schools.called(ctx.uow, name, _SOME + 1)
    if len(found) == 1 and found[0].called(name):
        return _ask(ctx, found[0])
    if found:
        return school_cards.public_schools(found[:_SOME], name, more=len(found) > _SOME)
    if code:
        return redeem(ctx, code)
    raise NotFound("school")


def redeem(ctx: Context, code: str, given: GivenAnswers | None = None) -> Card | Form:
    """Redeem a code or link, or return the form with the school's questions."""
    before = _own(ctx)
    outcome = redeeming.redeem(ctx.uow, ctx.actor, code, given)
    if isinstance(outcome, PendingQuestions):
        return _form(ctx, outcome, {"code": _short(code)}, given)
    return cards.redeemed(outcome, before)


def accept_invitation(ctx: Context, typed: str, given: GivenAnswers | None = None) -> Card | Form:
    """Accept an invitation for one person by id, link or code; one that anybody may use is redeemed."""
    found = addressed.find_to_answer(ctx.uow, typed)
    if found is None:
        return redeem(ctx, typed, given)  # people cannot tell that theirs is not for one person alone
    invitation, holds_link = found
    before = _own(ctx)
    outcome = accepting.accept(ctx.uow, ctx.actor, invitation, holds_link=holds_link, given=given)
    if isinstance(outcome, PendingQuestions):
        way = {"code": _short(typed)} if holds_link else {"invitation": invitation.id}
        return _form(ctx, outcome, way, given)
    return cards.redeemed(outcome, before)


def _own(ctx: Context) -> Sequence[School]:
    """Return the schools that the actor is in; looked up before they enter another one."""
    return ctx.uow.schools.of_person(ctx.actor.person_id) if ctx.actor.person_id else ()


def _short(code: str) -> str:
    """Return the shortest form of a code or link that still works, since a button has little room."""
    return normal_code(code) or f"/i/{token_in(code) or code}"


def _ask(ctx: Context, school: School, given: GivenAnswers | None = None) -> Card | Form:
    before = _own(ctx)
    outcome = asking.submit(ctx.uow, ctx.actor, school, given)
    if isinstance(outcome, PendingQuestions):
        return _form(ctx, outcome, {"school": school.id}, given)
    return cards.requested(school) if outcome else cards.welcome(school, school.default_role, before)


def _form(
    ctx: Context, outcome: PendingQuestions, way: Mapping[str, str], given: GivenAnswers | None
) -> Form:
    """Return the form with the school's questions; it also carries the way in and a digest of them.

    If answers were already `given`, the questions have changed since, and the form says so.
    """
    command = ctx.registry["request answer"]
    kept = Action(command.path, {**way, "asked": digest(outcome.questions)})
    form = forms.form_for(ctx, command, kept, fixed=True)
    return replace(form, note=question_cards.QUESTIONS_CHANGED) if given and given.asked else form


def _questions(ctx: Context) -> tuple[Option, ...]:
    """Return the options for the school's questions, by the code, school or invitation that was chosen."""
    code, school, invitation = (ctx.value(name) for name in ("code", "school", "invitation"))
    if invitation and (found := addressed.find_to_answer(ctx.uow, invitation)) is not None:
        asked = accepting.questions_for(ctx.uow, ctx.actor, found[0], holds_link=found[1])
        return question_cards.as_options(asked)
    if code := code or invitation:
        return question_cards.as_options(redeeming.questions_for(ctx.uow, ctx.actor, code))
    public = public_schools.called(ctx.uow, school, 2)
    return question_cards.as_options(asking.questions_for(ctx.uow, ctx.actor, public_schools.only(public)))


_Answer = Annotated[str, option("The answer to a question", maximum=LONGEST_ANSWER, lines=True)]


@request.command(hidden=True, shapes=_questions, submit="Ask to join")
def answer(
    ctx: Context,
    code: Annotated[str, option("The code or link that was given", secret=True)] = "",
    school: Annotated[str, option("The public school that was chosen")] = "",
    invitation: Annotated[str, option("The invitation that is accepted")] = "",
    asked: Annotated[str, option("What was asked")] = "",
    answer_1: _Answer = "",
    answer_2: _Answer = "",
    answer_3: _Answer = "",
    answer_4: _Answer = "",
    answer_5: _Answer = "",
) -> Card | Form:
    """Answer a few questions to join."""
    given = GivenAnswers(asked, (answer_1, answer_2, answer_3, answer_4, answer_5))
    if invitation:
        return accept_invitation(ctx, invitation, given)
    if code:
        return redeem(ctx, code, given)
    return _ask(ctx, public_schools.only(public_schools.called(ctx.uow, school, 2)), given)
