"""What the web front accepts; these numbers are our own, no platform gives them."""

# A typed line may have 4,000 characters (bot.chat.limits.LINE), each up to 4 bytes, escaped in JSON
# up to 6; a line far beyond that still deserves a clear refusal instead of a broken connection.
FRAME = 256 * 1024
# The playground is held in memory: older messages of a place make room for newer ones.
MESSAGES_IN_PLACE = 500
# A browser this far behind is disconnected; it comes back and is given the present state.
FRAMES_WAITING = 2000
# What one browser may have under way at once.
REQUESTS_AT_ONCE = 32
# How long requests that are under way may take to end when the server stops, in seconds.
GRACE = 10
# Within how many seconds a request must be whole, or an answer taken; a form, or what Slack tells, takes a
# moment.
WHOLE_WITHIN = 30
# How many connections may wait for their other side at once; each takes a file descriptor, of which there
# may be 1,024.
WAITING = 500
# A longer name of a file is of no use to anybody.
FILE_NAME = 200
# The longest link token that is looked up.
TOKEN = 128
# The longest message in which a page tells that it was opened.
OPENING = 64
PROPOSALS = 25
