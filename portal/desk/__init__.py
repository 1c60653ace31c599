"""The desk: what touches every app (today, search page, help, operations)."""
