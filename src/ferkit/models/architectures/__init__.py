"""One architecture a file; `ferkit.models.registry` finds them all."""
