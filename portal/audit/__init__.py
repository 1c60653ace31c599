"""Append-only, sealed trail of who did what; the actor is plain columns, no foreign key."""
