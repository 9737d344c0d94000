"""Limits of the web front; they are our own choice, no platform sets them."""

# The largest frame of a websocket, in bytes. A typed line may have 4,000 characters (bot.chat.limits.LINE),
# each up to 4 bytes, or 6 when escaped in JSON; far longer lines should still get a clear refusal instead of
# a broken connection.
FRAME_BYTES = 256 * 1024
# The playground is kept in memory: in each place, older messages make room for newer ones.
MESSAGES_IN_PLACE = 500
# A browser that is this many frames behind is disconnected; it reconnects and gets the current state.
FRAMES_WAITING = 2000
# How many requests of one browser may be under way at once.
REQUESTS_AT_ONCE = 32
# How many seconds requests under way may take to end when the server stops.
GRACE_SECONDS = 10
# Within how many seconds a client must send a whole request or take a response. Forms and Slack's events take
# a moment.
TRANSFER_SECONDS = 30
# How many connections may wait for their client at once. Each takes a file descriptor, and a process may have
# only 1,024 of them.
WAITING_CONNECTIONS = 500
# Longer file names are cut.
FILE_NAME = 200
# The longest link token that is looked up.
TOKEN = 128
# The largest body, in bytes, of a page's report that it was opened.
OPENING_BYTES = 64
# How many proposals the playground's completion shows.
PROPOSALS = 25
