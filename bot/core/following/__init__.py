"""Native things of a platform (roles, groups, channels) that follow the roles of a school."""
