"""People, their accounts and passwords, and their memberships in schools."""
