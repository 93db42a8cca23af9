"""The settings of a training, called levers: how they are declared, and all of them."""
