"""What changes organisations, people and sign-in."""
