"""The commands of the `homeroom` command line that operators use."""
