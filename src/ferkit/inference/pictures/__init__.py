"""Pictures of any kind, from disk or memory, to upright RGB arrays."""
