"""A local simulation of Discord, with enough of its REST API and gateway to run the whole bot against it."""
