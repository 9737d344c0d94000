"""Limits of SCIM requests; they are our own choice."""

# The largest page of a list.
PAGE = 200
# The largest number of resources to skip: nobody has so many users, and larger numbers overflow in databases.
MAX_SKIPPED = 1_000_000_000
# The largest body in bytes: a group with some thousand members.
BODY = 1024 * 1024
# The most operations of one PATCH.
OPERATIONS = 200
# The most operations of a PATCH that is about all members of a group, instead of members that it names.
WHOLE_GROUP_OPERATIONS = 20
# The longest filter.
FILTER = 2000
# The longest text of an attribute.
TEXT = 320
# How many requests a token may make at once, and how many per second after that.
BURST, PER_SECOND = 200, 40
# The same for wrong tokens from one address.
WRONG_BURST, WRONG_PER_SECOND = 20, 0.5
# How many tokens or addresses are remembered; the one without requests for longest is forgotten.
MAX_CLIENTS = 10_000
