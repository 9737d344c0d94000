"""What has gone wrong with invitations and approvals elsewhere: one test a class, named after it."""
