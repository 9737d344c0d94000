"""What every command must fit, whatever the platform: checked when it is declared.

Discord is the strictest of the platforms here (its application command object); a test
compares these with each platform's own table.
"""

import re

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
DESCRIPTION = 100
OPTIONS = 25
CHOICES = 25
COMMANDS_IN_GROUP = 25
GROUPS = 100
MENU = 32  # characters of an entry in a menu
# Slack names a shortcut in so many characters.
MESSAGE_MENU = 24
SUBMIT = 24  # Slack's; elsewhere there is more room, or no such button
SUGGESTIONS = 25

# How much a person may write.
SHORT_TEXT = 200
LONG_TEXT = 1000
DIGITS = 12
LINE = 4000
