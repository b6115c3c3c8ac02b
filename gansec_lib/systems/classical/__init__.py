"""Ciphers: the standard ones to stand beside, the classical one, and the papers' schemes."""
