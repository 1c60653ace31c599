"""Learning a label (topic, unit) from short Chinese texts. Pure: knows no model, no query, no clock."""
