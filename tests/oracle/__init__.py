"""Do we agree with somebody else: R, lifelines, a published table, a slow twin?"""
