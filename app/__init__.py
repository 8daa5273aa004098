"""neurostrata: biomarker-guided survival estimates in ALS, each with its source."""

__version__ = "0.1.0"
