"""Around every request: its id, its headers, what is counted and logged of it."""
