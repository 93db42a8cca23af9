"""The contenders of benchmarks/peers.py: their workers, and how one talks to them."""
