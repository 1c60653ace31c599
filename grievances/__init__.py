"""诉求: what must be handled and answered."""
