"""Cards about people, their accounts and their memberships."""
