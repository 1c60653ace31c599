"""One table that finds records by words; each service writes it in its own transaction."""
