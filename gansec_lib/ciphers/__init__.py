"""ciphers."""
