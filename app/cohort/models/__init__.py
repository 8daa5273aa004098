"""Models of the hazard: terms, fit, tests, and how well they predict."""
