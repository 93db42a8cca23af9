"""Models of other programs, and the adapters for them."""
