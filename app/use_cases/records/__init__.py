"""What is done with patients, their levels and their kept estimates."""
