"""Who somebody is: by the word of Google, Microsoft, Discord or Slack, or by a password."""
