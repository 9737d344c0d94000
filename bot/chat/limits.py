"""Limits that every command must keep on every platform; checked when the command is declared.

Most come from the strictest platform, Discord (its application command object). A test compares them
with each platform's own limits.
"""

import re

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
DESCRIPTION = 100
OPTIONS = 25
CHOICES = 25
COMMANDS_IN_GROUP = 25
GROUPS = 100
PERSON_MENU = 32  # characters of an entry in the menu of a person
# Characters of an entry in the menu of a message: Slack's limit for the name of a shortcut.
MESSAGE_MENU = 24
SUBMIT = 24  # characters on a form's button: Slack's limit; others have more room, or no such button
SUGGESTIONS = 25

# How many characters a person may enter: in one line, in several, in a number, and in a whole command.
SHORT_TEXT = 200
LONG_TEXT = 1000
DIGITS = 12
LINE = 4000
