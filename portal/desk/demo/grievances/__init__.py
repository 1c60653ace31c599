"""诉求 of the demo: what residents raised, who handled it, what they were told, what they said of it."""
