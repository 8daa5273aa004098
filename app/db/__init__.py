"""Memory: the tables, one file each with its repository."""
