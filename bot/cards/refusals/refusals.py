"""Makes the card for any refusal: one clear sentence, then the next step."""

from collections.abc import Mapping

from bot.cards.home import PANEL_CLICKS
from bot.cards.people import accounts, late_clicks
from bot.cards.refusals import menus
from bot.cards.refusals.args import args_of
from bot.cards.refusals.words import (
    ALSO_ADMIN_OF_SCHOOL,
    ARCHIVED,
    IN_NO_SCHOOL,
    JOIN_FIRST,
    KEPT_OUT,
    KEPT_OUT_HERE,
    LOCKED,
    NO_EXIT,
    NOTHING_TO_DO,
    NOTHING_USED_UP,
    REJECTED,
    TYPE_ONE_OF,
    UNKNOWN_ROLE,
    WORDS,
)
from bot.cards.requests import digests as digest_cards
from bot.cards.requests import join_requests as request_cards
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.replies import Actions, Block, Button, Card, Reply, Text, Tone
from bot.chat.text import Line, Value, say
from bot.core import errors, joining_errors
from bot.core.errors import Refusal
from bot.core.ids import has_secret
from bot.core.invitations.invitations import InvitationState
from bot.core.people.members import Standing
from bot.core.requests import asking, digests
from bot.core.requests import views as request_views
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.values import replace

_OVER_DISTRICT = frozenset({"district grant", "district revoke"})

_GIVES_NO_ROLE = (
    "You lack the right to give any role, `role.grant`, which it also takes to let somebody in. Ask an admin."
)


class Words:
    """The cards with which the Runner itself replies; implements `bot.chat.ports.Words`."""

    def refused(self, ctx: Context, refusal: Refusal) -> Reply:
        """Say why a call was refused, and what to do next."""
        words = WORDS[type(refusal)]
        args = args_of(ctx, refusal)
        sentence = _sentence(refusal, args) or words.sentence
        then = _next(ctx, refusal, words.then)
        # A next step with an empty value in it is left out.
        then = then if all(args[name] for name in _named(then)) else ""
        buttons = [words.button] if words.button else []
        if isinstance(refusal, errors.NotPermitted) and _in_no_school(ctx):
            buttons.append(accounts.LINK_ACCOUNT)
        if isinstance(
            refusal,
            joining_errors.InvitationDead
            | joining_errors.AlreadyInvited
            | joining_errors.AlreadyReissued
            | joining_errors.AlreadySent,
        ):
            show = Action("invite show", {"invitation": refusal.invitation.id})
            buttons = [Button(say("Details"), show)]
        told = _card(say(sentence, **args), late_clicks.who_did(ctx, refusal) or say(then, **args), *buttons)
        told = replace(told, blocks=(*_rejection(ctx, refusal), *told.blocks, *menus.of(ctx, refusal)))
        if isinstance(refusal, joining_errors.AlreadyDecided | joining_errors.RequestClaimed):
            of_panel = ctx.command is not None and ctx.command.path in PANEL_CLICKS
            return Reply(told) if of_panel else Reply(told, redraw=_current(ctx, refusal.request))
        return Reply(told, redraw=late_clicks.redrawn(ctx, refusal))

    def failed(self, reference: str) -> Card:
        """Say that the call failed on our side, and that nothing was changed."""
        return _card(
            say("Something went wrong on my side, and nothing was changed."),
            say(
                "Please try again. If it keeps happening, give your operator the reference `{it}`.",
                it=reference,
            ),
        )

    def unsure(self, reference: str) -> Card:
        """Say that the call failed on our side, and that it is unknown whether it took effect."""
        return _card(
            say(
                "The database stopped answering just as this was being saved, so I cannot tell whether it "
                "was."
            ),
            say(
                "Please check before you do it again. If it keeps happening, give your operator the "
                "reference `{it}`.",
                it=reference,
            ),
        )


def _sentence(refusal: Refusal, args: Mapping[str, Value]) -> str:
    """Return the sentence for refusals whose words depend on their values, else an empty string."""
    if isinstance(refusal, errors.RoleAboveCeiling) and refusal.unknown:
        return UNKNOWN_ROLE
    barred = isinstance(refusal, joining_errors.MembershipBarred)
    return REJECTED if barred and args.get("state") == "rejected" else ""


def _rejection(ctx: Context, refusal: Refusal) -> list[Block]:
    """Say why the person's last request was rejected, and when they can ask again, if that is why."""
    if not isinstance(refusal, joining_errors.AskAgainLater | joining_errors.MembershipBarred):
        return []
    barred = refusal if isinstance(refusal, joining_errors.MembershipBarred) else None
    if barred and barred.membership.barred_as != Standing.REJECTED.value:
        return []
    school, person_id = refusal.school, ctx.actor.person_id
    last = ctx.uow.join_requests.last_of(school.id, person_id) if person_id else None
    if last is None or last.state is not RequestState.REJECTED:
        return []
    told: list[Block] = [Text(say("Reason: {reason}", reason=last.reason))] if last.reason else []
    at = asking.can_ask_again_at(school, last) if barred and not barred.leaving else None
    if at is not None and at > ctx.uow.now:
        told.append(Text(say("You can ask again after {at}.", at=at)))
    elif at is not None:
        told.append(Actions((Button(say("Ask again"), Action("join", {"school": school.id})),)))
    return told


def _next(ctx: Context, refusal: Refusal, usual: str) -> str:
    """Return the next step; `usual` unless the refusal's values or the caller's state call for another."""
    if isinstance(refusal, joining_errors.MembershipBarred) and refusal.leaving:
        return NO_EXIT
    if isinstance(refusal, errors.SchoolUnclear):
        return usual if menus.is_about_place(ctx, refusal) else TYPE_ONE_OF
    if isinstance(refusal, joining_errors.InvitationDead):
        return LOCKED if refusal.invitation.state(ctx.uow.now) is InvitationState.LOCKED else usual
    if isinstance(refusal, errors.NotPermitted):
        return _not_permitted(ctx, refusal, usual)
    if isinstance(refusal, joining_errors.CannotInvite):
        return KEPT_OUT.get(refusal.state, usual)
    if isinstance(refusal, errors.RoleAboveCeiling) and not refusal.offered:
        usual = _GIVES_NO_ROLE
    if isinstance(refusal, errors.WorkspaceAdminNeeded) and ctx.command and ctx.command.needs is not None:
        usual = ALSO_ADMIN_OF_SCHOOL
    if isinstance(refusal, errors.NotFound) and refusal.what == "person":
        usual = JOIN_FIRST if ctx.command and ctx.command.path in _OVER_DISTRICT else usual
    brought = ctx.value("invitation") or has_secret(ctx.value("code"))  # the name of a school is no code
    return NOTHING_TO_DO if usual == NOTHING_USED_UP and not brought else usual


def _not_permitted(ctx: Context, refusal: errors.NotPermitted, usual: str) -> str:
    if isinstance(refusal.kept_out, joining_errors.SchoolArchived):
        return ARCHIVED
    if refusal.kept_out is not None:
        return KEPT_OUT_HERE
    return f"{usual} {IN_NO_SCHOOL}" if _in_no_school(ctx) else usual


def _in_no_school(ctx: Context) -> bool:
    """Tell whether the actor is in no school and has no role: it may be a member with an unlinked account."""
    person_id, uow = ctx.actor.person_id, ctx.uow
    return person_id is None or not (uow.members.of_person(person_id) or uow.holdings.roles(person_id))


def _named(template: str) -> list[str]:
    return [part.partition("}")[0] for part in template.split("{")[1:]]


def _current(ctx: Context, request: JoinRequest) -> Card:
    """Draw the card that was clicked too late as it is now: the digest, or the request's own card."""
    if ctx.command is not None and ctx.command.path in digest_cards.CLICKS:
        return digest_cards.digest(digests.page(ctx.uow, ctx.school))
    view = request_views.view(ctx.uow, request)
    own = ctx.actor.person_id == request.person_id
    return request_cards.for_applicant(view) if own else request_cards.for_approver(view)


def _card(sentence: Line, then: Line, *buttons: Button) -> Card:
    blocks = [Text(then)] if then else []
    actions = (Actions(buttons),) if buttons else ()
    return Card(sentence, (*blocks, *actions), tone=Tone.BAD)
