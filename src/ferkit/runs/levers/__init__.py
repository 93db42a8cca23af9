"""The levers of a training: how they are declared, and every one of them."""
