"""Steganalysis: who tries to tell a stego from a cover. One file an analyser, listed in ``table``.

An analyser gives each picture a score, larger where it looks more like a stego; ``evaluate`` asks
all of them.
"""
