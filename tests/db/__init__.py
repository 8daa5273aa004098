"""Do rows, constraints and migrations behave in a real database?"""
