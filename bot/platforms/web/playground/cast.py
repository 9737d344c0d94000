"""Who sits in the demo's playground."""

from bot.platforms.web.playground.people import APPROVALS, GENERAL, Player, Tour
from bot.platforms.web.playground.room import Room

ADMIN = Player(
    "Ada",
    "School admin",
    "#4263eb",
    administers_workspace=True,
    channels=(GENERAL, APPROVALS),
    tries=("/invite create uses:5 expires:7d", "/invite list", "/request list", "/school show", "/help"),
)
APPROVER = Player(
    "Omar",
    "Approver",
    "#0c8599",
    channels=(GENERAL, APPROVALS),
    tries=("/request list", "/member list"),
)
NEWCOMERS = (
    Player("Nia", "Newcomer", "#c2255c", tries=("/join", "/help")),
    Player("Leo", "Newcomer", "#e8590c", tries=("/join", "/school find")),
)


# The way that begins with a school which approves by request, as the demo's does.
TOUR = Tour(ADMIN.name, APPROVER.name, NEWCOMERS[0].name)


def room(*, mail: bool = False, tour: Tour | None = None) -> Room:
    """Open a room with the whole cast."""
    return Room((ADMIN, APPROVER, *NEWCOMERS), mail=mail, tour=tour)
