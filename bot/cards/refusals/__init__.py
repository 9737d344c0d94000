"""Refusals: a fact and the next step, and the values that stand in them."""
