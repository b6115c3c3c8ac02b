"""What hiding systems share: how a secret becomes the bytes that travel in a picture."""
