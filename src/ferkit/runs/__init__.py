"""The run folder: everything that is needed to repeat and to judge a training."""
