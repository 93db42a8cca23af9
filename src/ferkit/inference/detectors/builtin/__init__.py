"""The detectors that come with ferkit, one file each: its name is the detector's."""
