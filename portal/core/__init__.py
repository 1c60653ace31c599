"""What every app stands on; knows no app and no user."""
