"""How much memory decoding a picture may take, known from its headers."""
