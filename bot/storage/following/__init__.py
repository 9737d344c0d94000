"""Native things that follow roles, and the accounts that should have them."""
