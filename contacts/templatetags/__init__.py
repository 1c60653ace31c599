"""What the templates of contacts draw in Python."""
