"""Limits for sending mail: our own choices, except those taken from RFC 5321 and 5322."""

# Characters. A longer subject is cut: the heading in the mail shows the whole title.
SUBJECT = 180
# Simultaneous connections: many servers accept no more from one client.
CONNECTIONS = 8
# All times below are in seconds.
# How long to pause after a failed connection or sign-in: repeated failures can lock the account.
PAUSE = 60.0
# The longest wait that we accept from the text of a server's answer.
LONGEST_WAIT = 4 * 3600.0
# How long to wait for the answer to QUIT.
GOODBYE = 2.0
# How long a mail is put off when all connections are taken.
BUSY = 5.0
# The most that waiting for a connection and sending may take together. `bot.jobs.timeouts` ends a delivery
# soon after this, and a mail that is cut off while the server accepts it would be sent twice.
DELIVERY = 47.0
