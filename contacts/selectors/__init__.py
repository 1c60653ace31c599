"""What the pages show, as frozen dataclasses."""
