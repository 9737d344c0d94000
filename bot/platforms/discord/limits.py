"""What Discord accepts, as data.

Sources: the developer documentation (docs.discord.com/developers), sections named beside each
number, and the published OpenAPI description, against which the tests check every request.
"""

# Components reference, "Legacy Message Component Behavior" and "Anatomy of a Component".
MESSAGE_TEXT = 4000  # characters in all text displays of a message together
MESSAGE_COMPONENTS = 40  # nested ones counted
ROW_BUTTONS = 5
BUTTON_LABEL = 80
BUTTON_URL = 512
CUSTOM_ID = 100
SELECT_ITEMS = 25
ITEM_LABEL = 100
ITEM_VALUE = 100
ITEM_HINT = 100
PLACEHOLDER = 150
ALT_TEXT = 1024

# Message resource, "Create Message".
CONTENT = 2000  # characters of a message without components
FILES = 10
FILE = 10 * 1024 * 1024  # reference, "Uploading Files": bytes, where a server has no boosts

# Components reference, "Label" and "Text Input"; interactions, "Modal".
MODAL_TITLE = 45
MODAL_COMPONENTS = 5
FIELD_LABEL = 45
FIELD_DESCRIPTION = 100
FIELD_VALUE = 4000
NOTE = 4000  # characters of a text in a modal

# Application commands, "Application Command Structure" and "Option Structure".
COMMANDS = 100
PERSON_COMMANDS = 15  # entries in the menu of a person
COMMAND = 8000  # characters of all names, descriptions and values in a command
COMMAND_NAME = 32
COMMAND_DESCRIPTION = 100
COMMAND_OPTIONS = 25
OPTION_CHOICES = 25
CHOICE_NAME = 100
CHOICE_VALUE = 100
STRING_LENGTH = 6000
INTEGER = 2**53 - 1

# Our own: how much of a message a single title, or the question before a button acts, may take.
HEADING = 200
QUESTION = 500
# And how many rows of a list may have a button each: with its text that is three components a row.
ROWS_WITH_BUTTONS = 10
