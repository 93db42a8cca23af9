"""Data sets from disk to arrays of raw grey pixels, labels and splits."""
