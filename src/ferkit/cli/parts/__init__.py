"""Options, checks and output shared by several commands."""
