"""The tests: one folder for each kind of question, and the real services they ask it of."""
