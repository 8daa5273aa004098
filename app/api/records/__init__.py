"""The doors of what a clinic keeps: admitted, accounted for, and never in a cache."""
