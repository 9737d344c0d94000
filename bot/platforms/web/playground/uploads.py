"""Files that people have chosen in an open form, until it is sent or closed."""

import secrets
from collections import defaultdict

from bot.chat.files import refuse_larger
from bot.core.values import dataclass, field

# A form is corrected and sent again; an older choice of the same person makes room.
_KEPT = 2


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that is kept."""

    name: str
    content: bytes = field(repr=False)

    async def read(self, most: int) -> bytes:
        """Hand it over."""
        refuse_larger(self.name, len(self.content), most)
        return self.content


class Uploads:
    """Keeps each person's newest files, under names that nobody else can guess."""

    def __init__(self) -> None:
        """Begin empty."""
        self._files: dict[str, dict[str, HeldFile]] = defaultdict(dict)

    def lay(self, who: str, name: str, content: bytes) -> str:
        """Keep a file; return the name under which its form has it."""
        fresh = secrets.token_urlsafe(12)
        own = self._files[who]
        own[fresh] = HeldFile(name, content)
        for old in list(own)[:-_KEPT]:
            del own[old]
        return fresh

    def find(self, who: str, kept: str) -> HeldFile | None:
        """Find a file of somebody's own."""
        return self._files[who].get(kept)

    def clear(self, who: str) -> None:
        """Forget somebody's files."""
        self._files.pop(who, None)
