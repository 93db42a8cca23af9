"""The detectors that come with ferkit, one file each, named like the detector."""
