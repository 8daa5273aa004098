"""Do the laws hold for all inputs? Hypothesis invents them."""
