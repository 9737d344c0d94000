"""Broadcasts, their recipients and their templates."""
