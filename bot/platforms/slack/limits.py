"""Slack's limits, each with its source."""

# docs.slack.dev/reference/block-kit/blocks: "up to 50 blocks in each message, and 100 in modals".
BLOCKS = 50
VIEW_BLOCKS = 100

# Not documented; messages fail with msg_blocks_too_long from about 11,300 characters on
# (slackapi/bolt-js issues 2509 and 2867). We count all strings of all blocks, in bytes to be safe.
MESSAGE = 9_000

# docs.slack.dev/reference/methods/chat.postMessage, "Truncating content": more than 4,000 is not recommended.
FALLBACK = 4_000

# docs.slack.dev/reference/block-kit/composition-objects/text-object; the same is kept for rich text.
TEXT = 3_000

# docs.slack.dev/reference/block-kit/blocks/header-block
HEADER = 150

# docs.slack.dev/reference/block-kit/blocks/actions-block
ELEMENTS = 25

# docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_LABEL = 75
BUTTON_VALUE = 2_000
URL = 3_000

# docs.slack.dev/reference/block-kit/blocks and block-elements: block_id and action_id
ID = 255

# docs.slack.dev/reference/block-kit/block-elements/select-menu-element and composition-objects/option-object
SELECT_OPTIONS = 100
OPTION_GROUPS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
OPTION_HINT = 75
GROUP_LABEL = 75
PLACEHOLDER = 150

# docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_YES = 30

# docs.slack.dev/reference/block-kit/blocks/image-block
ALT = 2_000

# Our own: a file's title is one line on a phone.
FILE_TITLE = 100

# docs.slack.dev/reference/views/modal-views
VIEW_TITLE = 24
VIEW_BUTTON = 24
PRIVATE_METADATA = 3_000

# docs.slack.dev/reference/block-kit/blocks/input-block and block-elements/plain-text-input-element
LABEL = 2_000
HINT = 2_000
INPUT = 3_000

# docs.slack.dev/interactivity/handling-user-interaction: five posts in 30 minutes to one response_url
RESPONSES = 5

# docs.slack.dev/interactivity/handling-user-interaction: seconds to acknowledge, and the life of a trigger
# id.
ACKNOWLEDGE = 3.0

# Our own, in bytes: no request of Slack's comes near this size.
BODY = 1_000_000
