"""Patients by the file: in whole, or out whole."""
