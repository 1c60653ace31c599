"""Commands of the grievance desk."""
