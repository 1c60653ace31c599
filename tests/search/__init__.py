"""portal.search."""
