"""What becomes of the audit chain: written, checked, shown and shortened."""
