"""A trained run to a shipped model with its card."""
