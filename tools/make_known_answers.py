"""Write tests/known_answers.json: what every lossless system makes of two pictures, as SHA-256.

Run it by hand, and only when a ciphertext is *meant* to change. Then raise the system's
``version``, because receivers cannot open the former files any more. A test compares and never
writes.

usage: python tools/make_known_answers.py
"""

import contextlib
import hashlib
import json
from pathlib import Path

import torch

from gansec_lib import systems
from gansec_lib.errors import ParameterError
from gansec_lib.files import atomic_write, sha256

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "tests" / "known_answers.json"
SHAPES = ((1, 1, 40, 24), (2, 3, 16, 32), (1, 1, 24, 24))  # grey, colour, square (the cat map)
PLAIN = {  # a region found by float arithmetic may differ by a pixel on another machine
    "roi_aes": "roi_aes:region=all",
}
SWITCHES = {  # what else is worth pinning: the picture in the key, the untrained twin, no nonce
    "plaintext_related": True,
    "trained": False,
    "use_nonce": False,
}


def pictures(shape: tuple[int, ...]) -> torch.Tensor:
    """Pictures whose bytes follow from their places alone, uint8 of that shape."""
    places = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    return ((places * places // 7 + 3 * places) % 256).to(torch.uint8).reshape(shape)


def labels() -> list[str]:
    """Every lossless cipher of the table as it is, and with each switch that it has."""
    found = []
    for name in systems.names("Cipher"):
        name = PLAIN.get(name, name)
        system = systems.build(name)
        if not system.lossless:
            continue
        found.append(name)
        options = system.options()
        found += [
            f"{name}:{switch}={str(value).lower()}"
            for switch, value in SWITCHES.items()
            if switch in options and options[switch] != value
        ]
    return found


def answer(label: str) -> dict[str, str]:
    """{shape: SHA-256 of the ciphertext file} under a fixed key and a fixed nonce."""
    system = systems.build(label)
    key = hashlib.sha256(b"known answers").digest()[: system.key_length]
    nonce = hashlib.sha256(b"nonce").digest()[: system.nonce_length]
    found = {}
    for shape in SHAPES:
        with contextlib.suppress(ParameterError):  # a shape that this system does not take
            made = system.encrypt(pictures(shape), key, nonce=nonce)
            found["x".join(map(str, shape))] = sha256(made.to_bytes())
    return found


def main() -> None:
    answers = {label: answer(label) for label in labels()}
    atomic_write(ANSWERS, json.dumps(answers, indent=1, sort_keys=True) + "\n")
    print(len(answers), "systems and variants")


if __name__ == "__main__":
    main()
