"""Discord's limits, as data.

Sources: the developer documentation (docs.discord.com/developers), sections named beside each number, and the
published OpenAPI description, against which the tests check every request.
"""

# Components reference, "Legacy Message Component Behavior" and "Anatomy of a Component".
MESSAGE_TEXT = 4000  # characters in all text displays of a message together
MESSAGE_COMPONENTS = 40  # including nested ones
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
FILE = 10 * 1024 * 1024  # bytes, in a server without boosts; reference, "Uploading Files"

# Components reference, "Label" and "Text Input"; interactions, "Modal".
MODAL_TITLE = 45
MODAL_COMPONENTS = 5
FIELD_LABEL = 45
FIELD_DESCRIPTION = 100
FIELD_VALUE = 4000
NOTE = 4000  # characters of a text in a modal

# Application commands, "Application Command Structure" and "Option Structure".
COMMANDS = 100
PERSON_COMMANDS = 15  # user commands, which appear in a person's context menu
COMMAND = 8000  # characters of all names, descriptions and values in a command
COMMAND_NAME = 32
COMMAND_DESCRIPTION = 100
COMMAND_OPTIONS = 25
OPTION_CHOICES = 25
CHOICE_NAME = 100
CHOICE_VALUE = 100
STRING_LENGTH = 6000
INTEGER = 2**53 - 1

# Our own: how many characters a single title, or a button's confirmation question, may take of a message.
HEADING = 200
QUESTION = 500
# Our own: how many rows of a table may have a button each; a row with one is three components.
ROWS_WITH_BUTTONS = 10
