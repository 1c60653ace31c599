"""What each ask does: one file per subject. Made through ``services.asking`` only."""
