"""Pages of the grievance desk, one file per subject."""
