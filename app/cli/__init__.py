"""A door: the terminal."""
