"""The architectures, one per file; `ferkit.models.registry` finds all of them."""
