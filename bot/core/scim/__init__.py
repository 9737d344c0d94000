"""SCIM: what a district's identity provider may see and change, with the rights of a District Admin."""
