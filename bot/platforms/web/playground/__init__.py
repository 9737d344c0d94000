"""The playground: the real bot in the browser, several people side by side, no token."""
