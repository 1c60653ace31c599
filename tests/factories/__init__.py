"""Rows for tests: plain functions, valid, boring, the same every time."""
