"""CDS Hooks: what a call brings along, and the card that answers it."""
