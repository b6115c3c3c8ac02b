"""The questions put to a cipher."""
