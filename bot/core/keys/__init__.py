"""The secret keys that seal and sign what is stored, and their replacement."""
