"""The door for a clinic's own systems that log in by signature: SMART Backend Services."""
