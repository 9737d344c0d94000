"""The playground's badges, which follow roles like the roles of Discord and the groups of Slack."""

from collections.abc import Callable, Collection

from bot.chat.native_sync import Unfollowable
from bot.core.following.drift import Seen
from bot.core.following.ports import Follower, Native, NativeKind, Problem
from bot.core.rights.actors import Caller

BADGES = ("Member", "Staff", "Teacher", "Helper")


class Badges:
    """Which accounts wear which badge; implements `bot.chat.native_sync.NativeSync`."""

    def __init__(self, present: Callable[[], Collection[str]], changed: Callable[[str], None]) -> None:
        """Take `present`, which lists the room's accounts, and `changed`, called when one's badges change."""
        self._present = present
        self._changed = changed
        self._worn: dict[str, set[str]] = {badge: set() for badge in BADGES}

    def of(self, account: str) -> list[str]:
        """Return the badges that an account wears."""
        return [badge for badge, wearers in self._worn.items() if account in wearers]

    def wearers(self, badge: str) -> frozenset[str]:
        """Return the accounts that wear a badge."""
        return frozenset(self._worn[badge])

    def give(self, badge: str, account: str) -> None:
        """Give an account a badge."""
        if account not in self._worn[badge]:
            self._worn[badge].add(account)
            self._changed(account)

    def take(self, badge: str, account: str) -> None:
        """Take a badge from an account."""
        if account in self._worn[badge]:
            self._worn[badge].remove(account)
            self._changed(account)

    async def find(self, _: Caller, typed: str) -> Native:
        """Return the badge with the typed name; one without an id if there is none."""
        wanted = typed.removeprefix("@").casefold()
        found = next((badge for badge in BADGES if badge.casefold() == wanted), None)
        if found is None:
            return Native(NativeKind.BADGE, "", typed, Problem.UNKNOWN)
        return Native(NativeKind.BADGE, found, found)

    async def change(
        self, follower: Follower, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        """Give a badge to accounts and take it from others; return those that are not in the room."""
        badge, there = self._badge(follower), frozenset(self._present())
        for account in give & there:
            self.give(badge, account)
        for account in take:
            self.take(badge, account)
        return give - there

    async def look(self, follower: Follower) -> Seen:
        """Return who wears a badge, and who is in the room."""
        badge = self._badge(follower)
        return Seen(badge, self.wearers(badge), frozenset(self._present()))

    def _badge(self, follower: Follower) -> str:
        if follower.external_id not in self._worn:
            raise Unfollowable(Problem.GONE)
        return follower.external_id
