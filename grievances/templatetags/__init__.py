"""What the templates of the grievance desk draw in Python."""
