"""The process is killed by SIGKILL in the middle of things; after a restart nothing is lost or done twice."""
