"""Sign-in on the web: with Google, Microsoft, Discord or Slack, or with a password."""
