"""The client for other programs: each call of the service as a value, sent by httpx."""
