"""Steganalysis: who tries to tell a stego from a cover. One file an analyser, ``evaluate`` for all.

An analyser gives each picture a score, larger where it looks more like a stego.
"""
