"""What the service does, one file a verb: gather, compute, record."""
