"""What Slack has said of people, for as long as it counts."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from bot.platforms.slack.facts import Facts

# How long it is taken as known what somebody is called, and that they administer nothing, in seconds.
# Slack tells of changes, but it tells only one of several replicas.
KNOWN_FOR = 600.0
# How long somebody is taken for an administrator.
ADMIN_FOR = 60.0
_REMEMBERED = 20_000


class Question:
    """What Slack is being asked, and who has changed meanwhile: of them the answer may be too old."""

    def __init__(self) -> None:
        """Begin when the question does."""
        self.changed: set[str] = set()


class PeopleCache:
    """Remembers people by their id, and in each workspace what they are there."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with nobody."""
        self._clock = clock
        self._people: dict[str, dict[str, tuple[float, Facts]]] = {}
        self._questions: set[Question] = set()

    def of(self, team: str, user: str) -> Facts | None:
        """Tell what is known of somebody and still counts."""
        until, found = self._people.get(user, {}).get(team, (0.0, None))
        return found if until > self._clock() else None

    def was_admin(self, team: str, user: str) -> bool:
        """Tell whether somebody was an administrator when they were last asked about."""
        known = self._people.get(user, {}).get(team)
        return known is not None and known[1].is_admin

    @contextmanager
    def asking(self) -> Iterator[Question]:
        """Keep hold of a question while it is under way."""
        question = Question()
        self._questions.add(question)
        try:
            yield question
        finally:
            self._questions.discard(question)

    def learn(self, question: Question, team: str, user: str, found: Facts) -> None:
        """Remember an answer, unless it may be of before a change; whoever was learnt of first makes room."""
        if user in question.changed:
            return
        teams = self._people.pop(user, {})
        teams[team] = (self._clock() + (ADMIN_FOR if found.is_admin else KNOWN_FOR), found)
        self._people[user] = teams
        if len(self._people) > _REMEMBERED:
            del self._people[next(iter(self._people))]

    def forget(self, users: Iterable[str]) -> None:
        """Take nothing of somebody as known, in any workspace, nor what is under way: they have changed."""
        for user in users:
            self._people.pop(user, None)
            for question in self._questions:
                question.changed.add(user)
