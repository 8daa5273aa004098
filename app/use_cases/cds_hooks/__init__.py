"""What a CDS client gets done: advice on its patient, and its users' opinion of it kept."""
