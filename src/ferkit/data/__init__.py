"""Reading data sets: arrays of raw grey pixels, labels and splits."""
