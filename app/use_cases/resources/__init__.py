"""A clinic's records as other systems' resources: found across patients, kept many at once."""
