"""Using ferkit from a browser or over a network."""
