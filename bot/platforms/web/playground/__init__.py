"""The playground: the real bot in the browser without any token, with several people side by side."""
