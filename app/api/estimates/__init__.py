"""The doors of the science: estimates, batches and streams of them, curves, prognosis."""
