"""``measure``: everything that the surveys' tables ask of a cipher, on one card.

Metrics are judged at the 0.1 % level: a card holds many of them, and at the customary 5 % an ideal
cipher would fail one on most cards.
"""

from __future__ import annotations

from gansec_lib.attacks.oracle import MISUSE
from gansec_lib.images.imageset import ImageSet
from gansec_lib.roles import Cipher
from gansec_lib.scorecards.card import Fact
from gansec_lib.scorecards.cipher import avalanche, exhibits, measures, sequences
from gansec_lib.scorecards.cipher.bench import CipherBench
from gansec_lib.scorecards.measuring import ALPHA, Found, How, standing
from gansec_lib.scorecards.randomness import table

TRIALS = 4  # one-bit twins of every picture
KEY_BITS = (0, 85, 170, 255)  # the key bits that are flipped
CLEAR = 0.05  # share of plain bytes in the cipher image beyond which it is no chance


def measure(system: Cipher, pictures: ImageSet, how: How) -> Found:
    """What there is to say of a cipher; the yardstick is AES-GCM.

    Without attacks the effective key is judged on dead bits alone.
    """
    seed, bench = how.seed, CipherBench(system, pictures, how.seed)
    images, key = bench.images, bench.key
    metrics, tables, shown = {}, {}, {}

    how.say("encrypting and decrypting")
    why_no_picture = bench.why_no_picture  # asked first: it refuses a size that does not fit
    metrics |= measures.statistics(images, bench.cipher, ALPHA, why_no_picture)
    metrics |= measures.fidelity(images, bench.decrypted, system.lossless)

    how.say("changing single bits of picture and key")
    fresh = [(bench.nonce(f"plain {t}"), bench.nonce(f"twin {t}")) for t in range(TRIALS)]
    held = [(bench.nonce("held"),) * 2] * TRIALS
    one_bit = f"one bit of each picture, {TRIALS} times"
    for pairs, suffix, setting in ((fresh, "", "fresh nonces"), (held, "_nonce_held", "one nonce")):
        metrics |= avalanche.plaintext_sensitivity(
            system, images, key, pairs, ALPHA, seed, suffix, f"{one_bit}, {setting}"
        )
    shown["differential"] = [exhibits.fingerprints(bench, fresh[0], held[0])]
    bits = [bit % (8 * system.key_length) for bit in KEY_BITS]
    metrics |= avalanche.key_sensitivity(system, images, key, bench.nonce("held"), bits, ALPHA)
    metrics["key_flip_decrypt"] = measures.wrong_key(metrics["key_flip_decrypt"], system.lossless)

    how.say("damaging cipher images")
    share, rows = measures.damage(bench, seed)
    metrics |= share
    tables["robustness"] = [exhibits.damage_table(rows)]
    shown["robustness"] = [exhibits.damaged(bench, rows)]

    how.say("testing its bytes with SP 800-22")
    each = bench.ciphertext.payload.numel() // len(images)
    tests, tested = sequences.measure(system, images, key, bench.nonce, how.sequences, ALPHA, each)
    metrics |= tests
    tables["randomness"] = [table(tested, ", half of them from black pictures")] if tested else []

    how.say("timing")
    times, seconds = measures.cost(bench, how.yardstick, ALPHA)
    metrics |= times

    attempts, left_out = [], []
    if how.attacks:
        how.say("attacking")
        budget = "minutes" if how.profile == "gpu" else "seconds"
        attempts, left_out = measures.attacked(bench, budget)
    how.say("flipping key bits")
    metrics |= measures.key_space(system, images.shape[1], attempts, how.thorough)
    shown["statistics"] = exhibits.walk(bench, metrics)
    return Found(
        metrics=metrics,
        facts=_facts(bench, metrics),
        tables=tables,
        exhibits=shown,
        attempts=attempts,
        misuse=MISUSE,
        left_out=left_out,
        seconds=seconds,
        shown=[exhibits.read(bench, attempts)] if attempts else [],
    )


def _facts(bench: CipherBench, metrics: dict) -> list[Fact]:
    """What the cipher is and does, in marks."""
    system = bench.system
    found = [
        standing(system),
        Fact("tampering is refused", "pass")
        if system.authenticated
        else Fact("tampering goes unnoticed", "fail"),
    ]
    clear = measures.in_clear(bench)
    if clear > CLEAR:
        share = f"{100 * clear:.0f} %"
        says = f"{share} of the bytes travel in the clear."
        found.append(Fact(f"{share} in the clear", "fail", says))
    if not system.lossless:
        says = "Lossy by design: what comes back is not judged."
        found.append(Fact("lossy by design", "info", says))
    held = [metrics[f"{name}_nonce_held"].verdict for name in ("npcr", "uaci")]
    if "fail" in held:
        says = "A nonce used twice shows in NPCR and UACI."
        found.append(Fact("a nonce used twice shows", "info", says))
    elif "pass" in held:
        says = "Not even a nonce used twice shows in NPCR and UACI."
        found.append(Fact("a nonce used twice does not show", "info", says))
    pace, ratio = metrics["encrypt_speed"].text, metrics["aes_ratio"]
    beside = "" if ratio.value is None else f", {ratio.text} the time of AES-GCM"
    return [*found, Fact(f"{pace}{beside}", "")]
