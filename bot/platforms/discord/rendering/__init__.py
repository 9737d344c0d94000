"""Cards as Discord shows them: components, pages, texts, and reading them back from our own messages."""
