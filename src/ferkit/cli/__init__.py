"""The `ferkit` command: a thin layer over each room."""
