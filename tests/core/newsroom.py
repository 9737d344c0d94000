"""What the news of a place said, for the tests of news."""

from bot.cards.notices.notices import Target, draw
from bot.chat.replies import Reply
from bot.core.notices import news
from tests.core.door import heard
from tests.core.place import Place
from tests.outbox import deliver_all

LEFT = "You are no longer a member of Maple Grove"


def news_texts(place: Place, *, minutes: float = 1) -> list[tuple[str, str]]:
    """Let time pass; return what was told in the meantime, and where."""
    place.forward(minutes=minutes)
    found = []
    for notice in deliver_all(place.uow):
        if news.wanted(place.uow, notice):
            card = draw(place.uow, notice.subject, Target(notice.audience, fresh=True))
            assert card is not None
            found.append((str(notice.to), heard(Reply(card))))
    return found


def news_titles(place: Place, *, minutes: float = 1) -> list[tuple[str, str]]:
    """Let time pass; return the first line of what was told in the meantime, and where."""
    return [(to, text.partition("\n")[0]) for to, text in news_texts(place, minutes=minutes)]
