"""Who and what: clinics, keys, patients and measurements, as plain values and rules."""
