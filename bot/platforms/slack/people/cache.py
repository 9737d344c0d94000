"""A cache of what Slack says of people."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from bot.platforms.slack.people.facts import Facts

# How long in seconds an answer is used for somebody who is not an administrator. Slack sends events about
# changes, but only to one of several replicas.
KNOWN_FOR = 600.0
# How long in seconds an answer is used for an administrator.
ADMIN_FOR = 60.0
_REMEMBERED = 20_000


class Question:
    """A request to Slack under way; answers about people who have changed meanwhile may be out of date."""

    def __init__(self) -> None:
        """Start with nobody changed."""
        self.changed: set[str] = set()


class PeopleCache:
    """Caches facts about people by user id and, for each, by workspace."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start empty."""
        self._clock = clock
        self._people: dict[str, dict[str, tuple[float, Facts]]] = {}
        self._questions: set[Question] = set()

    def of(self, team: str, user: str) -> Facts | None:
        """Return what is known of a user and still valid; otherwise None."""
        until, found = self._people.get(user, {}).get(team, (0.0, None))
        return found if until > self._clock() else None

    def was_admin(self, team: str, user: str) -> bool:
        """Tell whether a user was an administrator when last looked up, however long ago."""
        known = self._people.get(user, {}).get(team)
        return known is not None and known[1].is_admin

    @contextmanager
    def asking(self) -> Iterator[Question]:
        """Track a question while it is under way."""
        question = Question()
        self._questions.add(question)
        try:
            yield question
        finally:
            self._questions.discard(question)

    def learn(self, question: Question, team: str, user: str, found: Facts) -> None:
        """Store an answer, unless the user changed while it was under way; the oldest entry makes room."""
        if user in question.changed:
            return
        teams = self._people.pop(user, {})
        teams[team] = (self._clock() + (ADMIN_FOR if found.is_admin else KNOWN_FOR), found)
        self._people[user] = teams
        if len(self._people) > _REMEMBERED:
            del self._people[next(iter(self._people))]

    def forget(self, users: Iterable[str]) -> None:
        """Drop what is known of users who have changed, and what requests under way will say of them."""
        for user in users:
            self._people.pop(user, None)
            for question in self._questions:
                question.changed.add(user)
