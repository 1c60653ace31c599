"""Everything that differs between PostgreSQL and SQLite; nothing else may ask which one runs."""
