"""What we keep to when we send mail; the numbers are our own, or those of RFC 5321 and 5322."""

# A subject that is longer is cut: the message's heading has it whole.
SUBJECT = 180
# Connections at the same time: many servers take no more from one place.
CONNECTIONS = 8
# How long nothing is tried after the server did not let us in: accounts are locked by repeated failures.
PAUSE = 60.0
# The longest wait that a server's words can ask for.
LONGEST_WAIT = 4 * 3600.0
# How long we wait for the answer to our goodbye.
GOODBYE = 2.0
# How long a mail that found all connections taken waits.
BUSY = 5.0
# How long a mail may wait for a connection and then take, in all: `bot.jobs.timeouts` ends a delivery soon
# after, and one that is cut off while the server takes it would go out twice.
DELIVERY = 47.0
