"""Tests of the house itself: settings, imports, start, deployment."""
