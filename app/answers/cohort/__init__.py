"""How answers about a cohort are laid out, written as tables, and drawn."""
