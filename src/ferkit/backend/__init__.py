"""The Keras runtime: choosing a backend, feeding it, and what it prints."""
