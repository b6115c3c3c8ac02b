"""Key generation by GANs and the ciphers around it, one file a paper."""
