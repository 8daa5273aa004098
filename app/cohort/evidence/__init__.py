"""What a clinic's own patients say of evidence, and as evidence."""
