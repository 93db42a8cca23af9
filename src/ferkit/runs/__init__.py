"""The run folder: all that is needed to repeat and to judge a training."""
