"""What a click may do all the same, and why. An excuse that nothing needs fails a test."""

# What people do about themselves alone, whoever they are: it is not said whose thing it is, or it is theirs.
OWN = {
    "account edit": {"plain member", "demoted", "suspended"},
    "account erase": {"plain member", "demoted"},
    "account link": {"wrong user", "plain member", "demoted", "suspended"},  # a code of their own
    # Whoever has the code has both accounts.
    "account merge": {"wrong user", "demoted", "suspended"},
    "invite accept": {"demoted", "suspended"},  # it is for them
    "invite decline": {"demoted", "suspended"},
    "join": {"wrong user", "foreign workspace", "demoted", "suspended"},  # to ask is everybody's
    "message stop": {"plain member", "demoted", "suspended"},
    "request again": {"demoted", "suspended"},
    "request answer": {"wrong user", "foreign workspace", "demoted", "suspended"},  # and with answers
    "request withdraw": {"demoted", "suspended"},  # they have asked
}
# What may be done again by the same click, and why that doubles nothing that cannot be doubled.
AGAIN = {
    "account link": "another code, and the one before ends",
    "bulk plan": "a plan, which changes nobody yet",
    "invite batch": "other codes",
    "invite create": "another invitation",
    "invite post": "posted once more, at the school's own wish",
    "invite resend": "another link, queued in the place of the one that waits",
    "invite suspend": "a plan, which changes nobody yet",
    "member export": "read, which is kept each time",
    "message send": "a draft, which nobody gets yet",
    "request snooze": "one reminder, in the place of the one that waits",
    "roster import": "a plan, which changes nobody yet",
    "school share": "another code, and the one before ends",
    "scim rotate": "another secret, and the one before ends",
    "system copy": "read, which is kept each time",
}
# What another admin does by the same click with what is their own.
BY_THE_DEPUTY = {"account edit", "account erase", "message stop"}
# What no story's card draws, and the one school of the registry's own round has no such thing.
NOT_NOW = {
    "account claim",  # the code opens nothing
    "account password",  # they have no address to send the link to
    "account unlink",  # somebody else's account
    "district revoke",  # they have no such role
    "home requests",  # the page after one that is not theirs to decide
    "home schools",  # they are in no second school
    "invite person",  # a name alone would do, and none is needed
    "member password",  # they have a chat, and ask there
    "school further",  # the school is private
    "school link",  # the code opens nothing
    "school unlink",  # it is linked nowhere else
    "school mirror",  # only a server of Discord has a form of its own to join by
}
