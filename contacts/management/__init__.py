"""Commands of the contact work."""
