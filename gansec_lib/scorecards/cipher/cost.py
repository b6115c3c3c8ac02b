"""What a cipher costs: how many bytes a second it encrypts and decrypts."""

from __future__ import annotations

import torch

from gansec_lib.metrics.checks import check_bytes
from gansec_lib.metrics.metric import Metric, info
from gansec_lib.scorecards.measuring import seconds_of


def throughput(cipher, images: torch.Tensor, key: bytes, repeats: int = 3) -> dict[str, Metric]:
    """Megabytes (10⁶ bytes of picture) a second of ``encrypt`` and ``decrypt``; no verdict.

    Key schedule and nonce are included, the first call is not.
    """
    megabytes = check_bytes(images).numel() / 1e6
    made = cipher.encrypt(images, key)
    words = f"one batch of {megabytes:.2f} MB, median of {repeats}, keys and nonce included"
    jobs = {
        "encrypt_speed": lambda: cipher.encrypt(images, key),
        "decrypt_speed": lambda: cipher.decrypt(made, key),
    }
    return {
        name: info(name, megabytes / seconds_of(job, repeats), words, unit="MB/s")
        for name, job in jobs.items()
    }
