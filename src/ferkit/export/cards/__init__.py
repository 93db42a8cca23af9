"""Pages of shipped models, written from their cards: for the documentation and for a hub."""
