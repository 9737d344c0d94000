"""People as Slack knows them."""
