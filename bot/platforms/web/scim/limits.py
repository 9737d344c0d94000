"""What SCIM accepts; these numbers are our own."""

# The largest page of a list.
PAGE = 200
# Nobody has so many users: a page beyond is empty, and databases do not count on for ever.
FURTHEST = 1_000_000_000
# The largest body: a group of some thousand members, told whole.
BODY = 1024 * 1024
# The most operations of one PATCH.
OPERATIONS = 200
# And of one that changes all members of a group, not some whom it names.
WHOLE = 20
# The longest filter.
FILTER = 2000
# The longest text of an attribute.
TEXT = 320
# How many requests a district may make at once, and how many a second it may go on with.
BURST, A_SECOND = 200, 40
# The same for wrong tokens from one address.
WRONG_BURST, WRONG_A_SECOND = 20, 0.5
# So many places are remembered; the one that was quiet for longest is forgotten.
PLACES = 10_000
