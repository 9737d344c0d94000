"""What operators ask on the command line."""
