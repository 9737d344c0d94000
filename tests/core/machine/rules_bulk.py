"""Rules of the machine: bulk acts are planned, applied and undone, like the commands for one person."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.core.rights.permissions import Permission
from tests.core.door import actions_in
from tests.core.machine.rules_members import Members
from tests.core.machine.stage import DONE, UNCHANGED
from tests.core.machine.things import VERBS, Place
from tests.core.machine.who import CHIEFS, NUMBER

_OPPOSITE = {"suspend": "reinstate", "deactivate": "reactivate", "archive": "restore"}
_OPPOSITE |= {after: before for before, after in _OPPOSITE.items()}


@dataclass
class Job:
    """A bulk act that was applied, with the earlier state of each person whom it changed."""

    id: str
    place: Place
    verb: str
    changed: dict[str, str] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    undone: bool = False


class Bulk(Members):
    """What admins do to many members at once."""

    @rule(who=CHIEFS, where=NUMBER, verb=st.sampled_from(sorted(VERBS)), other=CHIEFS, regret=st.booleans())
    def plan_and_apply(self, who: str, where: int, verb: str, other: str, *, regret: bool) -> None:
        place = self.place(where, who)
        barrier = self.barrier(who, place, Permission.MEMBER_READ) or self.barrier(
            who, place, self.needs(verb)
        )
        values = {"act": verb, "school": place.id}
        self.acts(who, "bulk plan", barrier or UNCHANGED, **values)
        if barrier:
            return
        affected = self._affected(who, place, verb)
        do = actions_in(self.reply).get("Apply")
        assert (do is not None) == bool(affected), f"{verb}: {affected}"
        if do is None:
            return
        allowed = self.barrier(other, place, Permission.MEMBER_READ) is None
        if not allowed:
            self.acts(other, do.command, "NotFound", **do.values)
        axis, _, _ = VERBS[verb]
        before = {person: getattr(place.seats[person], axis) for person in affected}
        assert self.acts(who, do.command, DONE, [place], 1 + len(affected), **do.values)
        self.enrolled(who)
        for person in affected:
            self.model.do(place, person, verb)
        turns = {person: place.last_turn(person, VERBS[verb][2]) for person in affected}
        self.jobs.append(Job(do.values["job"], place, verb, before, turns))
        self.acts(who, do.command, UNCHANGED, **do.values)
        if regret:
            self._undo(who, self.jobs[-1])

    def _affected(self, who: str, place: Place, verb: str) -> list[str]:
        """List the people to whom a verb can be done, among those who are listed (for restore: archived)."""
        wanted = "archived" if verb == "restore" else "listed"
        listed = [person for person, seat in place.seats.items() if seat.visibility == wanted]
        return [person for person in listed if self.judged(who, place, person, verb) == DONE]

    @rule(who=CHIEFS, which=NUMBER)
    def undo(self, who: str, which: int) -> None:
        if self.jobs:
            self._undo(who, self.jobs[-1 - which % len(self.jobs)])

    def _undo(self, who: str, job: Job) -> None:
        verb = _OPPOSITE[job.verb]
        axis, _, after = VERBS[verb]
        if self.barrier(who, job.place, Permission.MEMBER_READ):
            self.acts(who, "bulk undo", "NotFound", job=job.id)
            return
        barrier = None if job.undone else self.barrier(who, job.place, self.needs(verb))
        # Those who were suspended before they were deactivated would get more than they had.
        back = [person for person, before in job.changed.items() if before == after]
        back = [self.model.current(person) for person in back if self._still(job, axis, person)]
        back = [person for person in back if self.judged(who, job.place, person, verb) == DONE]
        outcome = barrier or (UNCHANGED if job.undone else DONE)
        if self.acts(who, "bulk undo", outcome, [job.place], 1 + len(back), job=job.id):
            self.enrolled(who)
            job.undone = True
            for person in back:
                self.model.do(job.place, person, verb)

    def _still(self, job: Job, axis: str, person: str) -> bool:
        """Tell whether a person, or whom they were merged into, still has the state that this job has set."""
        now, after = self.model.current(person), VERBS[job.verb][2]
        seat = job.place.seats.get(now)
        unturned = job.place.last_turn(now, after) == job.turns[person]
        return unturned and seat is not None and getattr(seat, axis) == after
