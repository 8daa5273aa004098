"""A door: the pages that people read, with everything they need beside them."""
