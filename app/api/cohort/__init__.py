"""Questions about a clinic's own cohort, over HTTP."""
