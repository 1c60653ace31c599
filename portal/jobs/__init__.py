"""Import and export jobs: a row with a state, progress, claim and lease; files that expire."""
