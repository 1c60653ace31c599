"""What is typed in at the grievance desk, one file per subject."""
