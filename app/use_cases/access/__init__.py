"""Who is let in: keys and tokens."""
