"""Changes that a forged or repeated click may make, and why. A test fails if an excuse is not needed."""

# Commands that change only what is the clicker's own, by the intruders who may use them for that reason.
ON_ONESELF = {
    "account edit": {"plain member", "demoted", "suspended"},
    "account erase": {"plain member", "demoted"},
    "account leave": {"plain member", "demoted"},
    "account link": {"wrong user", "plain member", "demoted", "suspended"},  # for a code of their own
    # Who has the code is the owner of both accounts.
    "account merge": {"wrong user", "demoted", "suspended"},
    "invite accept": {"demoted", "suspended"},  # the invitation is for them
    "invite decline": {"demoted", "suspended"},
    "join": {"wrong user", "foreign workspace", "demoted", "suspended"},  # anyone may ask to join
    "message stop": {"plain member", "demoted", "suspended"},
    "request again": {"demoted", "suspended"},
    "request answer": {"wrong user", "foreign workspace", "demoted", "suspended"},  # also with answers
    "request withdraw": {"demoted", "suspended"},  # the request is theirs
}
# Commands that do something again if the same click is repeated, and why this does no harm.
REPEATABLE = {
    "account link": "another code, and the one before ends",
    "audit export": "an export, which is recorded each time",
    "bulk plan": "a plan, which changes nobody yet",
    "bulk who": "an export, which is recorded each time",
    "invite batch": "other codes",
    "invite create": "another invitation",
    "invite post": "posted once more, at the school's own wish",
    "invite resend": "another link, queued in the place of the one that waits",
    "invite suspend": "a plan, which changes nobody yet",
    "member export": "an export, which is recorded each time",
    "message send": "a draft, which nobody gets yet",
    "message who": "an export, which is recorded each time",
    "request snooze": "one reminder, in the place of the one that waits",
    "roster diff": "an export, which is recorded each time",
    "roster export": "an export, which is recorded each time",
    "roster import": "a plan, which changes nobody yet",
    "school share": "another code, and the one before ends",
    "scim rotate": "another secret, and the one before ends",
    "system copy": "an export, which is recorded each time",
}
# Commands by which another admin, with the same click, changes only what is their own.
BY_ANOTHER_ADMIN = {"account edit", "account erase", "account leave", "message stop"}
# Commands that no story's card calls, and that are refused in the sample school.
REFUSED_HERE = {
    "account claim",  # there is no such code
    "account password",  # they have no address to send the link to
    "account unlink",  # somebody else's account
    "district revoke",  # they have no such role
    "home requests",  # the cursor names a request that they may not decide
    "home schools",  # they are in no second school
    "invite person",  # a name alone would do, and no option is required
    "member password",  # the member has a chat account, and asks there
    "school further",  # the school is private
    "school link",  # there is no such code
    "school unlink",  # it is linked nowhere else
    "school mirror",  # only a guild of Discord has its own form for joining
}
