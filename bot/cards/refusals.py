"""Every refusal in words: one clear sentence, then the next step."""

from bot.cards import join_requests as request_cards
from bot.cards.common import contact
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.replies import Actions, Button, Card, Reply, Style, Text, Tone
from bot.chat.text import Line, say
from bot.core import errors, join_requests
from bot.core.invitations import InvitationState
from bot.core.members import Membership
from bot.core.schools import School

_KINDS = {
    "command": say("I do not know that command."),
    "invitation": say("I know no such invitation here."),
    "request": say("I know no such request here."),
    "school": say("I know no school of that name here."),
    "role": say("There is no role of that name."),
}
_BARRED = {
    "rejected": say("{school} has turned down your request to join."),
    "suspended": say("Your membership in {school} is suspended."),
    "deactivated": say("Your membership in {school} is deactivated."),
    "archived": say("Your membership in {school} is archived."),
}


class Words:
    """What the Runner itself says."""

    def refused(self, ctx: Context, refusal: errors.Refusal) -> Reply:
        """Say why something is not done, and what to do next."""
        match refusal:
            case errors.AlreadyDecided(request):
                return _decided(ctx, request)
            case errors.InvitationDead(invitation):
                show = Button(say("Details"), Action("invite show", {"invitation": invitation.id}))
                return Reply(_card(_dead(invitation.state(ctx.uow.now)), _next(ctx, refusal), show))
            case errors.SchoolPrivate():
                code = Button(say("Enter a code"), Action("join", ask=True), Style.PRIMARY)
                return Reply(_card(_sentence(ctx, refusal), _next(ctx, refusal), code))
            case _:
                return Reply(_card(_sentence(ctx, refusal), _next(ctx, refusal)))

    def failed(self, reference: str) -> Card:
        """Say that something broke on our side."""
        return _card(
            say("Something went wrong on my side, and nothing was changed."),
            say("Please try again. If it goes on, tell your operator the reference `{it}`.", it=reference),
        )


def unreadable() -> Card:
    """Say that a button cannot be understood, whatever made it."""
    return _card(say("I do not understand that button any more."), say("Please type the command instead."))


def _card(sentence: Line, then: Line | None, *buttons: Button) -> Card:
    blocks = [Text(then)] if then else []
    actions = (Actions(buttons),) if buttons else ()
    return Card(sentence, (*blocks, *actions), tone=Tone.BAD)


def _decided(ctx: Context, request: join_requests.JoinRequest) -> Reply:
    view = join_requests.view(ctx.uow, request)
    own = ctx.actor.person_id == request.person_id
    current = request_cards.for_applicant(view) if own else request_cards.for_approver(view)
    told = _card(say("That request is not waiting any more."), request_cards.status(view))
    return Reply(told, redraw=current)


def _dead(state: InvitationState) -> Line:
    match state:
        case InvitationState.REVOKED:
            return say("This invitation was revoked.")
        case InvitationState.EXPIRED:
            return say("This invitation has expired.")
        case InvitationState.EXHAUSTED:
            return say("This invitation is used up.")
        case InvitationState.OPEN:
            return say("This invitation cannot be used.")


def _sentence(ctx: Context, refusal: errors.Refusal) -> Line:
    match refusal:
        case errors.NotPermitted(permission):
            return say("You may not {phrase} here.", phrase=permission.phrase)
        case errors.WorkspaceAdminNeeded():
            return say("Only an owner or administrator of this workspace can do that.")
        case errors.NoSchoolHere():
            return say("No school lives here yet.")
        case errors.SchoolUnclear():
            return say("Which school do you mean?")
        case errors.NotFound(what, _):
            return _KINDS[what]
        case errors.NameTaken(name):
            return say("There is a school called {name} here already.", name=name)
        case errors.BadValue(option, problem, _):
            return say("{option} {problem}.", option=option, problem=problem)
        case errors.BadCommand(problem, _):
            return say("{problem}", problem=problem)
        case errors.InvitationUnusable():
            return say("That invitation cannot be used.")
        case errors.AlreadyMember(school):
            return say("You are a member of {school} already.", school=school.name)
        case errors.RequestPending(request):
            return say("Your request has been waiting since {at}.", at=request.submitted_at)
        case errors.MembershipBarred(membership, school):
            return _barred(membership, school)
        case errors.SchoolPrivate():
            return say("That school can only be joined by an invitation.")
        case errors.OwnRequest():
            return say("Nobody decides their own request.")
        case errors.RoleAboveCeiling(role, _):
            return say("You may not give the role {role} here.", role=role)
        case errors.ClaimUnusable():
            return say("That one-time code cannot be used.")
        case errors.AskAgainLater(school, at):
            return say("{school} has turned down your request; you can ask again {at}.", school=school.name, at=at)
        case _:
            raise TypeError(f"No words for {refusal!r}")


def _barred(membership: Membership, school: School) -> Line:
    template = _BARRED[membership.barred_as or "archived"]
    return say(template.template, school=school.name)


def _next(ctx: Context, refusal: errors.Refusal) -> Line | None:
    match refusal:
        case errors.NotPermitted(permission, holders, _):
            who = ", ".join(holders)
            return say("That takes the permission `{atom}`. Who has it: {who}.", atom=permission.value, who=who)
        case errors.WorkspaceAdminNeeded():
            return say("Ask one of them, or join with a code: `{join}`.", join=ctx.typed("join"))
        case errors.NoSchoolHere():
            return say("An administrator makes one with `{create}`.", create=ctx.typed("school create"))
        case errors.SchoolUnclear(names):
            return say("Add `school:` with one of these: {names}.", names=", ".join(names))
        case errors.NotFound():
            return say("Look at the list, or type `{help}`.", help=ctx.typed("help"))
        case errors.NameTaken():
            return say("Choose another name.")
        case errors.BadValue(_, _, example):
            return say("For example: `{example}`.", example=example) if example else None
        case errors.BadCommand(_, corrected):
            return say("Did you mean `{line}`?", line=corrected) if corrected else None
        case errors.InvitationUnusable():
            return say("Check the code for typing errors, or ask whoever invited you for a new one.")
        case errors.InvitationDead():
            return say("Make a new one with `{create}`.", create=ctx.typed("invite create"))
        case errors.RequestPending() | errors.AlreadyMember():
            return say("You need not do anything. No use of the invitation was taken.")
        case errors.MembershipBarred(_, school) | errors.AskAgainLater(school, _):
            return contact(school)
        case errors.SchoolPrivate():
            return say("If you have a code, enter it.")
        case errors.OwnRequest():
            return say("Another approver must decide it.")
        case errors.RoleAboveCeiling(_, offered):
            if offered:
                return say("You may give: {offered}.", offered=", ".join(offered))
            return say("You may give no role here. Ask an admin.")
        case errors.ClaimUnusable():
            return say("It works once and for 24 hours. Ask for a new one.")
        case _:
            return None


