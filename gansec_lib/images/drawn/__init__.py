"""Drawn pictures whose truth is known exactly: faces, X-rays, textures."""
