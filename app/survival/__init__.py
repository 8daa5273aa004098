"""The science: pure values in, pure values out. No files, no clock, no network."""
