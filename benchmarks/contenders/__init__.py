"""The contenders of benchmarks/peers.py: their workers and the protocol."""
