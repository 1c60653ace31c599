"""What is typed in, one file per subject."""
