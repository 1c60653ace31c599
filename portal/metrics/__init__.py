"""What a figure is: registry, roll-up buckets, dirty marks. Knows no app and no user."""
