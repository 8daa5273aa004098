"""The contract as Pydantic models: what is read from and written to the wire."""
