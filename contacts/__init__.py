"""Households and the contacts officials have with them."""
