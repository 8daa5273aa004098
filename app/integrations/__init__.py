"""Other systems' languages: what they send is read into our words, our answers put into theirs."""
