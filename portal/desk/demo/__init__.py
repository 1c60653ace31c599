"""Load me with load.load_demo: a world of invented people for demonstrations and tests."""
