"""Finding what is wrong with a data set: copies, leaks, bad pictures, likely wrong labels."""
