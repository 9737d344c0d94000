"""SCIM: what a district's identity provider may read and change, with the rights of a District Admin."""
