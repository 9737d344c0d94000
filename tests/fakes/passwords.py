"""A fake of the stored passwords and password links."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.people.password_ports import Password, PasswordLink
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakePasswords:
    state: State

    def of(self, person_id: str) -> Password | None:
        return self.state.passwords.get(person_id)

    def save(self, password: Password) -> None:
        self.state.passwords[password.person_id] = password

    def rehash(self, person_id: str, fresh: str, *, epoch: str) -> bool:
        known = self.of(person_id)
        if known is None or known.epoch != epoch:
            return False
        self.save(replace(known, hash=fresh))
        return True

    def add_link(self, token_hash: str, link: PasswordLink, now: datetime) -> None:
        self.drop_links(link.person_id)
        for one, known in list(self.state.password_links.items()):
            if known.expires_at <= now:
                del self.state.password_links[one]
        self.state.password_links[token_hash] = link

    def link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        found = self.state.password_links.get(token_hash)
        return found if found is not None and found.expires_at > now else None

    def take_link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        found = self.link(token_hash, now)
        if found is not None:
            del self.state.password_links[token_hash]
        return found

    def drop_links(self, person_id: str) -> None:
        for one, known in list(self.state.password_links.items()):
            if known.person_id == person_id:
                del self.state.password_links[one]

    def absorb(self, source_id: str, target_id: str) -> bool:
        self.drop_links(source_id)
        moving = self.state.passwords.pop(source_id, None)
        if moving is None or self.of(target_id) is not None:
            return False
        self.save(replace(moving, person_id=target_id))
        return True

    def forget(self, person_id: str) -> None:
        self.drop_links(person_id)
        self.state.passwords.pop(person_id, None)
