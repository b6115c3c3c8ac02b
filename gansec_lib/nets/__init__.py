"""Blocks and whole networks, one family a file. Import the file: ``nets.dcgan``, ``nets.mlp``."""
