"""`python -m ferkit` is `ferkit`."""

from ferkit.cli.main import main

main()
