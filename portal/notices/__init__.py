"""Sending to people outside: rows that are tried until they are sent, or told as failed."""
