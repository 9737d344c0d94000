"""Invitations: links and codes that let people in, from making one to using it up."""
