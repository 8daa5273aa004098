"""The issuer whose tokens are taken: its public keys, fetched, kept, and signatures by them."""
