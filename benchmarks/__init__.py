"""How fast the portal is, as ratios to floors measured in the same run: ``make bench``."""
