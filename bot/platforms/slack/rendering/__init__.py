"""Cards as Slack shows them: blocks, texts, pictures and files."""
