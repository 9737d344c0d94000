"""Draws the card of a notice, or of a card's copies, as things are at this moment."""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial

from bot.cards import bulk as bulk_cards
from bot.cards import following as following_cards
from bot.cards.invitations import invited
from bot.cards.invitations import leaks as leak_cards
from bot.cards.invitations import mail as mail_cards
from bot.cards.messages import broadcasts as broadcast_cards
from bot.cards.messages import messages as message_cards
from bot.cards.notices import news as news_cards
from bot.cards.people import newcomers as newcomer_cards
from bot.cards.requests import digests as digest_cards
from bot.cards.requests import join_requests as cards
from bot.cards.requests import mirrors as mirror_cards
from bot.cards.requests import waiting
from bot.cards.rosters import oneroster as oneroster_cards
from bot.cards.rosters import work as roster_work
from bot.chat.context import Links
from bot.chat.replies import Card, Text
from bot.chat.text import say
from bot.core.bulk import views as bulk_views
from bot.core.following import following
from bot.core.following import ports as following_ports
from bot.core.invitations import leaks, posting, sending, unreached
from bot.core.invitations.invitations import InvitationState
from bot.core.invitations.sending import Letter
from bot.core.messages import broadcasts, letters
from bot.core.notices import news
from bot.core.notices.notices import Audience
from bot.core.notices.tenants import school_of
from bot.core.oneroster.model import RUN as ONEROSTER_RUN
from bot.core.people import passwords
from bot.core.ports import UnitOfWork
from bot.core.requests import digest_ports, digests, mirror_ports, mirroring
from bot.core.requests import views as request_views
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.rosters import imports, views
from bot.core.schools.schools import School, Workspace
from bot.core.stored import stored_school
from bot.core.values import dataclass
from bot.core.workspaces import bans, unlinking
from bot.core.workspaces import events as workspace_events

DRAWN_BY = {
    Audience.APPROVER: cards.for_approver,
    Audience.APPLICANT: cards.for_applicant,
    Audience.OUTCOME: cards.outcome,
    Audience.REMINDER: waiting.reminder,
    Audience.SNOOZED: waiting.reminder,
    Audience.ESCALATION: waiting.escalated,
    Audience.STILL_WAITING: waiting.still_waiting,
}
_MAILS = {
    Audience.ADDRESSEE_BY_MAIL: mail_cards.invitation,
    Audience.REMINDER_BY_MAIL: mail_cards.reminder,
}
_LETTERS: Mapping[Audience, Callable[[Letter, InvitationState], Card | None]] = {
    Audience.ADDRESSEE: invited.invitation,
    Audience.REMINDER: invited.reminder,
    Audience.INVITER: mail_cards.outcome,
}
_NO_LINKS = Links()
# Audiences that are told only while the request or invitation is still pending.
_WHILE_WAITING = {Audience.REMINDER, Audience.SNOOZED, Audience.ESCALATION, Audience.STILL_WAITING}


@dataclass(frozen=True, slots=True)
class Target:
    """For whom a card is drawn, with the link of this one message.

    `fresh` is for a new message: it is not drawn if it would come too late. A copy is always redrawn.
    `links` are the ways into this installation, as people type them on `platform`.
    """

    audience: Audience
    link: str = ""
    fresh: bool = False
    links: Links = _NO_LINKS
    platform: Platform = Platform.WEB


def draw(uow: UnitOfWork, subject: str, target: Target) -> Card | None:
    """Draw a subject's card; None if the subject is gone, or a fresh card comes too late."""
    kind, _, of = subject.partition(":")
    if kind not in _KINDS:
        raise ValueError(f"No card is drawn for {subject}")
    return _KINDS[kind](uow, of, target)


def no_longer_shown(uow: UnitOfWork, subject: str) -> Card | None:
    """Draw the replacement for a copy of a card whose readers may no longer see it."""
    if (school := uow.schools.by_id(school_of(uow, subject) or "")) is None:
        return None
    whose = say("What was shown here is now only for those who decide in {school}.", school=school.name)
    return Card(say("No longer shown here"), (Text(whose),), private=False)


def _job(uow: UnitOfWork, job_id: str, _: Target) -> Card | None:
    job = uow.bulk.by_id(job_id)
    return bulk_cards.shown(bulk_views.view(uow, job)) if job else None


def _roster(uow: UnitOfWork, import_id: str, _: Target) -> Card:
    """Draw a roster import; one that could no longer be applied was deleted with its plan."""
    roster = uow.rosters.by_id(import_id)
    return roster_work.shown(views.view(uow, roster)) if roster else roster_work.gone()


def _oneroster_run(uow: UnitOfWork, run_id: str, _: Target) -> Card | None:
    run = uow.oneroster.run(run_id)
    district = uow.districts.by_id(run.district_id) if run else None
    return oneroster_cards.run(district, run) if run and district else None


def _broadcast(uow: UnitOfWork, broadcast_id: str, _: Target) -> Card | None:
    found = uow.broadcasts.by_id(broadcast_id)
    return broadcast_cards.shown(broadcasts.view(uow, found)) if found else None


def _message(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    letter = letters.letter(uow, of)
    if letter is None:
        return None
    if target.audience is Audience.RECIPIENT_BY_MAIL:
        return message_cards.by_mail(letter, target.link)
    return message_cards.in_chat(letter)


def _request(uow: UnitOfWork, request_id: str, target: Target) -> Card | None:
    request = uow.join_requests.by_id(request_id)
    if request is None:
        return None
    if target.fresh and target.audience in _WHILE_WAITING and request.state is not RequestState.PENDING:
        return None
    return DRAWN_BY[target.audience](request_views.view(uow, request))


def _invitation(uow: UnitOfWork, invitation_id: str, target: Target) -> Card | None:
    invitation = uow.invitations.by_id(invitation_id)
    if invitation is None:
        return None
    match target.audience:
        case Audience.WATCHER:
            return leak_cards.rush(leaks.rush(uow, invitation))
        case Audience.POSTED:
            return leak_cards.posted(posting.posted(uow, invitation), target.links, target.platform)
        case Audience.ADMIN:
            return leak_cards.not_posted(invitation, stored_school(uow, invitation.school_id))
        case _:
            letter = sending.letter(uow, invitation)
            return _letter(letter, letter.invitation.state(uow.now), target) if letter else None


def _letter(letter: Letter, state: InvitationState, target: Target) -> Card | None:
    if target.audience in _MAILS:
        # No link is made for an invitation that has ended.
        return _MAILS[target.audience](letter, target.link) if target.link else None
    if target.fresh and target.audience in _WHILE_WAITING and not state.alive:
        return None
    return _LETTERS[target.audience](letter, state)


def _unreached(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    found = unreached.unreached(uow, of)
    if target.fresh and not found.newest:
        return None
    made = (uow.invitations.by_id(one) for one in found.newest)
    letters = (sending.letter(uow, one) for one in made if one is not None)
    return mail_cards.several_not_sent(found, [one for one in letters if one is not None])


def _password(uow: UnitOfWork, person_id: str, target: Target) -> Card | None:
    person = uow.accounts.current(person_id)
    if person is None or not target.link:
        return None
    has_one = uow.passwords.of(person.id) is not None
    until = uow.now + passwords.LIFETIME
    return mail_cards.password(person.name, target.link, until=until, has_one=has_one)


def _digest(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    found = digests.newest_page(uow, of)
    if found is None:
        return None
    page, newest = found
    if target.fresh and not (newest and page.waiting):
        return None
    return digest_cards.digest(page, target.audience) if newest else digest_cards.replaced(page.school)


def _follower(uow: UnitOfWork, follower_id: str, _: Target) -> Card | None:
    follower = uow.followings.by_id(follower_id)
    school = uow.schools.by_id(follower.school_id) if follower else None
    if follower is None or school is None:
        return None
    return following_cards.about(following.shown(uow, follower, school), private=False)


def _welcome(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    if target.audience is Audience.NEWCOMER_HERE:
        return newcomer_cards.greeting()
    found = workspace_events.welcome(uow, of)
    return newcomer_cards.welcome(found) if found else None


def _crowd(uow: UnitOfWork, of: str, _: Target) -> Card | None:
    found = workspace_events.crowd(uow, of)
    return newcomer_cards.crowd(*found) if found else None


def _banned(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    found = bans.about(uow, of)
    if found is not None:
        return newcomer_cards.banned(*found)
    school = None if target.fresh else uow.schools.by_id(of.partition("/")[0])
    return newcomer_cards.banned_and_gone(school) if school else None


def _mirror(uow: UnitOfWork, of: str, _: Target) -> Card | None:
    found = mirroring.about(uow, of)
    return mirror_cards.shown(found, private=False) if found else None


def _link_rests(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    school, workspace = _in_workspace(uow, of)
    if school is None or workspace is None:
        return None
    share = target.links.typed(target.platform, "school share")
    link = target.links.typed(workspace.key.platform, "school link")
    return newcomer_cards.bot_removed(school, workspace, share=share, link=link)


def _lost_channel(uow: UnitOfWork, of: str, target: Target) -> Card | None:
    school, workspace = _in_workspace(uow, of)
    if school is None or workspace is None:
        return None
    choose = target.links.typed(workspace.key.platform, "school approvals")
    return digest_cards.channel_lost(school, workspace, choose)


def _in_workspace(uow: UnitOfWork, of: str) -> tuple[School | None, Workspace | None]:
    school_id, _, path = of.partition("/")
    return uow.schools.by_id(school_id), uow.workspaces.by_key(WorkspaceKey.from_path(path))


def _news(uow: UnitOfWork, of: str, _: Target, *, topic: news.Topic) -> Card | None:
    found = news.view(uow, f"{topic.value}:{of}")
    return news_cards.card(found) if found else None


_KINDS: Mapping[str, Callable[[UnitOfWork, str, Target], Card | None]] = {
    "bulk_job": _job,
    imports.KIND: _roster,
    broadcasts.KIND: _broadcast,
    broadcasts.RECIPIENT_KIND: _message,
    "invitation": _invitation,
    unreached.KIND: _unreached,
    ONEROSTER_RUN: _oneroster_run,
    "join_request": _request,
    passwords.KIND: _password,
    digest_ports.KIND: _digest,
    digests.LOST_CHANNEL: _lost_channel,
    following_ports.FOLLOWER: _follower,
    workspace_events.WELCOME: _welcome,
    workspace_events.CROWD: _crowd,
    bans.KIND: _banned,
    unlinking.KIND: _link_rests,
    mirror_ports.MIRROR: _mirror,
    **{topic.value: partial(_news, topic=topic) for topic in news.Topic},
}


def digest(card: Card) -> str:
    """Return a short hash of a card, which differs if cards differ."""
    return hashlib.sha256(repr(card).encode()).hexdigest()[:16]
