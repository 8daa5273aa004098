"""Real services for tests: a PostgreSQL server and a Chromium browser."""
