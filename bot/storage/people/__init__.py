"""Persons, their accounts and memberships, and how they are found."""
