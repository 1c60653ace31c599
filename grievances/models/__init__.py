"""What the grievance desk keeps; one file per subject."""
