"""Models that other programs made: what their files do not say, and the adapters that fit them."""
