"""A small Discord on this machine: enough REST and gateway to run the whole bot against it."""
