"""What pages ask about people and the trail."""
