"""Kill -9 in the middle of things: after a restart nothing is lost and nothing is there twice."""
