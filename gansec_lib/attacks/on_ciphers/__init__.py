"""Attacks on ciphers and key generators: one file a family."""
