"""Write tests/known_answers.json: what every system makes of fixed inputs, as SHA-256.

Ciphertext files, key bytes, stegos and protected pictures. Run it by hand, and only when one of
them is *meant* to change. Then raise the system's ``version``, because receivers cannot open the
former files any more. A test compares and never writes.

usage: python tools/make_known_answers.py
"""

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path

import torch

from gansec_lib import systems
from gansec_lib.errors import ParameterError
from gansec_lib.files import atomic_write, sha256

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "tests" / "known_answers.json"
SHAPES = (  # grey, colour, square (the cat map), no whole number of blocks, less than one block
    (1, 1, 40, 24),
    (2, 3, 16, 32),
    (1, 1, 24, 24),
    (1, 1, 13, 11),
    (1, 3, 5, 4),
)
BYTES = 5000  # of a key generator; more than one picture of 64 × 64 gives
PLAIN = {  # a region found by float arithmetic may differ by a pixel on another machine
    "roi_aes": "roi_aes:region=all",
}
LEFT_OUT = {  # all maps are pinned by tests/test_chaos_lanes.py; nobody ships these weights
    "chaos_map",
    "paper_size",
}
ALSO = ("chaos_lanes:chaos_map=henon",)


def pictures(shape: tuple[int, ...]) -> torch.Tensor:
    """Pictures whose bytes follow from their places alone, uint8 of that shape."""
    places = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    return ((places * places // 7 + 3 * places) % 256).to(torch.uint8).reshape(shape)


def labels() -> list[str]:
    """Every system of the table as it is, and with each switch that it has turned."""
    found = []
    for name in systems.TABLE:
        label = PLAIN.get(name, name)
        found.append(label)
        for option in dataclasses.fields(systems.find(name)):
            if option.name in LEFT_OUT or f":{option.name}=" in label:
                continue
            others = option.metadata.get("one_of", (option.default,))[1:]
            if isinstance(option.default, bool):
                others = (str(not option.default).lower(),)
            found += [f"{label}:{option.name}={other}" for other in others]
    return [*found, *ALSO]


def answer(label: str) -> dict[str, str]:
    """{shape: SHA-256 of what the system makes} under a fixed key and a fixed nonce."""
    system = systems.build(label)
    key = hashlib.sha256(b"known answers").digest()[: getattr(system, "key_length", 32)]
    nonce = hashlib.sha256(b"nonce").digest()[: getattr(system, "nonce_length", 12)]
    if system.role == "KeyGenerator":
        return {str(BYTES): _digest(system.keystream(key, nonce, BYTES))}
    if hasattr(system, "coded"):  # what is coded are floats, what is encrypted are bytes
        system.coded = lambda images: pictures((len(images), 1, 1, images[0].numel() // 4))
    found = {}
    for shape in SHAPES:
        with contextlib.suppress(ParameterError):  # a shape that this system does not take
            made = _made(system, pictures(shape), key, nonce)
            found["x".join(map(str, shape))] = _digest(made)
    return found


def _made(system, images: torch.Tensor, key: bytes, nonce: bytes):
    if system.role == "Cipher":
        return system.encrypt(images, key, nonce=nonce)
    if system.role == "Hider":
        return system.hide(images, [b"known %d" % row for row in range(len(images))], key)
    return system.protect(images)


def _digest(made) -> str:
    """SHA-256 of a tensor's bytes, or of a ciphertext's file."""
    return sha256(made.numpy().tobytes() if isinstance(made, torch.Tensor) else made.to_bytes())


def main() -> None:
    answers = {label: answer(label) for label in labels()}
    atomic_write(ANSWERS, json.dumps(answers, indent=1, sort_keys=True) + "\n")
    print(len(answers), "systems and variants")


if __name__ == "__main__":
    main()
