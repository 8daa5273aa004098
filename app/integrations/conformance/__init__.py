"""Test vectors for whoever maps a laboratory's results to ours: written down, laid out, scored."""
