"""What identity providers see and change by SCIM."""
