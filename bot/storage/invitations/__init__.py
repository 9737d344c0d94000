"""Invitations, their secrets, and who redeemed them."""
