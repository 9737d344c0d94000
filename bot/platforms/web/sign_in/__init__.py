"""Who somebody is, by the word of a provider: Google, Microsoft, Discord or Slack."""
