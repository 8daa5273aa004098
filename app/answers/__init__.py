"""An estimate as it leaves the house: one document, in words, bytes, tables and pictures."""
