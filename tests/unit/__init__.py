"""Does this piece keep its promise? Touches nothing."""
