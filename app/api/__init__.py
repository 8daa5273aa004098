"""A door: JSON over HTTP, one file a resource, routes only."""
