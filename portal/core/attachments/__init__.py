"""Attachments: what is taken from people outside, made harmless, kept encrypted (decision 0116)."""
