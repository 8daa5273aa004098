"""Is the contract kept: status, shape, errors? The app runs in this process."""
