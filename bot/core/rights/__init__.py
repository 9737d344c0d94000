"""Who acts and what they may do: permissions, roles, and the grant ceiling."""
