"""Files of patients: what rows and cells say, read and written without a database."""
