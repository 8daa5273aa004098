"""Parametric families that carry a curve past its follow-up, by assumption."""
