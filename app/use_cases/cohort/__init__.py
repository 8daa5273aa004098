"""What is asked of a cohort: who is in it, how they fare, which model fits them."""
