"""portal.core."""
