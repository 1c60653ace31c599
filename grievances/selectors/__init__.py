"""What pages of the grievance desk show, as frozen dataclasses."""
