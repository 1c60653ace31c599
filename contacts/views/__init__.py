"""HTTP, one file per subject."""
