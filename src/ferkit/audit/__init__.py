"""Finding the defects of a data set: copies, leaks, bad pictures, likely label errors."""
