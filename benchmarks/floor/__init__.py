"""The floors P and L: Django with nothing but a session, a login and a small template."""
