"""Mail: cards as messages that go out by SMTP."""
