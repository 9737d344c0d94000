"""Keeps the files that people choose in an open form until the form is sent or closed."""

import secrets
from collections import defaultdict

from bot.chat.files import refuse_larger
from bot.core.values import dataclass, field

# How many files of a person are kept: a form may be corrected and sent again. Older ones are dropped.
_KEPT = 2


@dataclass(frozen=True, slots=True)
class HeldFile:
    """An uploaded file."""

    name: str
    content: bytes = field(repr=False)

    async def read(self, most: int) -> bytes:
        """Return its content; raise `BadFile` if it is larger than `most` bytes."""
        refuse_larger(self.name, len(self.content), most)
        return self.content


class Uploads:
    """Keeps the newest files of each person, under ids that nobody else can guess."""

    def __init__(self) -> None:
        """Start without any files."""
        self._files: dict[str, dict[str, HeldFile]] = defaultdict(dict)

    def keep(self, who: str, name: str, content: bytes) -> str:
        """Keep a person's file; return its id, which the form sends as the answer."""
        fresh = secrets.token_urlsafe(12)
        own = self._files[who]
        own[fresh] = HeldFile(name, content)
        for old in list(own)[:-_KEPT]:
            del own[old]
        return fresh

    def find(self, who: str, kept: str) -> HeldFile | None:
        """Return a person's own file by its id; None if it is not kept any more."""
        return self._files[who].get(kept)

    def clear(self, who: str) -> None:
        """Drop a person's files."""
        self._files.pop(who, None)
