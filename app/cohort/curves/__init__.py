"""Curves of survival and incidence, and what is read from them and compared."""
