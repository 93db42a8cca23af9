"""The `ferkit` command: a thin layer over the library, one file per subcommand."""
