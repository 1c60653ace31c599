"""What people type about themselves and ask of the trail."""
