"""Cards about invitations: making, sending and answering them, lists of them, leaks, and codes to print."""
