"""Whom an import invites, who is told, and what the worker does."""

from datetime import timedelta

import pytest

from bot.cards.notices.notices import Target, draw
from bot.chat.text import plain
from bot.core.invitations.addressees import Addressee
from bot.core.notices.notices import Audience
from bot.core.rosters import applying, inviting, working
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Faulty, ImportState, Sent, Step, StepKind, StepReason, View
from bot.core.rosters.rows import Problem, RowError
from tests.core.door import actions_in, heard
from tests.core.rostering import LEO, MIA, NIA, Office, state_of, who
from tests.core.rosters.test_roster_reach import ADA, ROOT
from tests.world import caller

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)
LEASE = timedelta(minutes=1)


def _to(office: Office, step: Step) -> Addressee:
    """Return the addressee of the invitation that a step has led to."""
    to = state_of(office).invitations[step.invitation].to
    assert to is not None
    return to


async def _elsewhere(office: Office) -> None:
    """Make Nia a member of a school where Ada has no rights."""
    await office.door.says(caller("eve", administers=True, workspace="far"), "/school create Elm")
    await Office(office.door, "eve", "Elm").imports([NIA])


async def test_a_stranger_is_asked_and_becomes_who_they_say_they_are(maple: Office) -> None:
    await _elsewhere(maple)
    wrong = await maple.plan([NIA])
    assert isinstance(wrong, Faulty)
    assert wrong.errors == (RowError(2, Column.EMAIL, Problem.KNOWN_ELSEWHERE, NIA[0]),)
    plan = await maple.planned([(*NIA, "", "Staff")], move=True)
    step = await maple.only(plan, StepKind.INVITE)
    assert (step.made, step.fresh, step.sent, step.roles, step.why) == (
        "",
        False,
        Sent.WANTED,
        ("Staff",),
        None,
    )
    assert step.person_id != who(maple, NIA[0])
    done = await maple.apply(plan)
    assert isinstance(done, View)
    sent = await maple.only(done, StepKind.INVITE)
    invited = _to(maple, sent)
    assert (sent.sent, sent.person_id) == (Sent.SENT, invited.person_id)
    assert invited.person_id != who(maple, NIA[0]), "whoever has the address has still to prove it"
    again = await maple.planned([(*NIA, "", "Teacher")], move=True, invite=True)
    kept = await maple.only(again, StepKind.KEEP)
    assert (kept.why, kept.roles, kept.made, kept.fresh, kept.sent) == (
        StepReason.INVITED,
        (),
        "",
        False,
        Sent.NOT,
    )
    undone = await maple.only(await maple.undo(done), StepKind.INVITE)
    assert (undone.roles, undone.roles_before, undone.fresh) == ((), ("Staff",), False)
    assert _to(maple, sent).cleared_at is not None


async def test_an_added_persons_invitation_names_that_person(maple: Office) -> None:
    done = await maple.imports([NIA], invite=True)
    step = await maple.only(done, StepKind.ADD)
    assert step.person_id == who(maple, NIA[0]) == _to(maple, step).person_id


async def test_whom_a_limit_on_mails_refuses_stays_marked(maple: Office) -> None:
    await maple.door.says(ROOT, "/system edit mails_a_day:1")
    done = await maple.imports([NIA, LEO], invite=True)
    first, second = await maple.steps(done)
    assert (first.sent, second.sent) == (Sent.SENT, Sent.REFUSED)
    assert second.invitation in state_of(maple).invitations, "it is there, as one that is not sent"
    shown = await maple.door.clicks(ADA, "roster show", roster=done.roster.id)
    codes = actions_in(shown)["Make codes for them"]
    assert "Maple?" in heard(await maple.door.clicks(ADA, codes.command, **codes.values))
    await maple.door.says(ADA, "/school limits most_open:2 school:Maple")
    third = await maple.imports([MIA], invite=True)
    refused = await maple.only(third, StepKind.ADD)
    assert (refused.sent, refused.invitation) == (Sent.REFUSED, "")


async def test_the_starter_of_a_long_import_gets_its_progress(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def promised() -> list[str]:
        queued = [one.notice for one in state_of(maple).outbox.values()]
        return [one.subject for one in queued if one.audience is Audience.DOER]

    await maple.imports([NIA], invite=True)
    assert promised() == []
    monkeypatch.setattr(inviting, "CHUNK", 1)
    done = await maple.apply(await maple.planned([LEO, MIA], invite=True))
    assert isinstance(done, View)
    assert (promised(), done.roster.state) == ([done.roster.subject], ImportState.INVITING)
    monkeypatch.setattr(applying, "AT_ONCE", 2)
    two = await maple.apply(await maple.planned([("a@x.org", "A", "B"), ("b@x.org", "B", "C")]))
    assert isinstance(two, View)
    assert two.roster.state is ImportState.DONE
    monkeypatch.setattr(applying, "AT_ONCE", 1)
    late = await maple.apply(await maple.planned([("c@x.org", "A", "B"), ("d@x.org", "B", "C")]))
    assert isinstance(late, View)
    assert (late.roster.state, promised()[-1]) == (ImportState.WAITING, late.roster.subject)
    assert late.number(StepKind.ADD) == 2


async def test_one_worker_does_an_import_until_its_time_is_over(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "CHUNK", 1)
    people = [(f"n{number}@x.org", "N", "X") for number in range(4)]
    done = await maple.apply(await maple.planned(people, invite=True))

    async def left(worker: str) -> int:
        assert isinstance(done, View)
        of = done.roster.id
        await maple.door.database.run(lambda uow: working.go_on(uow, of, worker, lease=LEASE))
        return dict(await maple.door.database.read(lambda uow: uow.roster_steps.invited(of))).get(
            Sent.WANTED, 0
        )

    assert [await left(one) for one in ("a", "b", "a")] == [2, 2, 1]
    maple.door.clock.forward(LEASE - timedelta(seconds=1))
    assert await left("b") == 1
    maple.door.clock.forward(timedelta(seconds=1))
    assert await left("b") == 0
    assert await left("b") == 0, "what is done is claimed by nobody"


async def test_an_undoing_that_may_not_be_any_more_says_so_and_can_be_done_later(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await maple.imports([NIA])
    monkeypatch.setattr(applying, "AT_ONCE", 0)
    undone = await maple.undo(done)
    ada, school = done.roster.started_by or "", done.roster.school_id
    await maple.door.database.run(lambda uow: uow.members.unassign(ada, "School Admin", school))
    assert await maple.work()
    assert "Nia Okafor" in await Office(maple.door, "root").people()
    assert await _shown(maple, undone) == "The import into Maple was not undone"
    assert await maple.steps(undone) == []
    assert await _shown(maple, done) == "Imported into Maple"
    again = await Office(maple.door, "root").undo(done)
    assert undone.roster.id not in state_of(maple).roster_imports
    root = Office(maple.door, "root", worker=maple.worker)
    assert await root.work()
    assert await _shown(maple, again) == "The import into Maple is undone"
    assert "Nia Okafor" not in await root.people()


async def _shown(office: Office, of: View) -> str:
    """Return the current title of an import's card."""
    card = await office.door.database.read(lambda uow: draw(uow, of.roster.subject, Target(Audience.DOER)))
    assert card is not None
    return plain(card.title)


async def test_an_invitation_that_was_answered_is_not_cleared_by_undoing(maple: Office) -> None:
    await _elsewhere(maple)
    done = await maple.imports([NIA], move=True)
    sent = await maple.only(done, StepKind.INVITE)
    assert await maple.door.database.run(lambda uow: uow.addressed.decline(sent.invitation, uow.now))
    answered = _to(maple, sent)
    assert (await maple.undo(done)).number(StepKind.INVITE) == 1
    assert _to(maple, sent) == answered
    assert (answered.declined_at is not None, answered.cleared_at) == (True, None)
