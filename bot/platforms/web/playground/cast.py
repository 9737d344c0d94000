"""The people of the playground."""

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


# The tour for a school that approves by request, like that of the demo.
TOUR = Tour(ADMIN.name, APPROVER.name, NEWCOMERS[0].name)


def room(*, mail: bool = False, tour: Tour | None = None) -> Room:
    """Return a room with all these people."""
    return Room((ADMIN, APPROVER, *NEWCOMERS), mail=mail, tour=tour)
