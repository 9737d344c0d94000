"""The mail front: cards rendered as e-mails and sent over SMTP."""
