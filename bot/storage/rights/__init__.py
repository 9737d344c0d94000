"""Who has which role where, and what custom roles hold."""
