"""Canaries: break the library on purpose, one place at a time, and demand that a test turns red.

On a copy of the project all named tests pass while nothing is broken (so a red one is the break's
doing); with its fault each fails. A suite that stays green here could not be trusted anywhere.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Canary:
    """One deliberate fault: ``right`` becomes ``wrong`` in ``file``; ``tests`` must notice."""

    name: str
    file: str
    right: str
    wrong: str
    tests: str


CANARIES = [
    Canary(
        "sign of the non-saturating loss",
        "gansec_lib/train/losses.py",
        "    return softplus(-fake).mean()",
        "    return softplus(fake).mean()",
        "tests/test_losses.py::test_bce_equals_torch",
    ),
    Canary(
        "gradient penalty pulls to norm 0, not 1",
        "gansec_lib/train/losses.py",
        "(slopes - 1)",
        "(slopes - 0)",
        "tests/test_losses.py::test_gradient_penalty_of_a_linear_critic",
    ),
    Canary(
        "byte range of the networks",
        "gansec_lib/images/convert.py",
        "images.float().div_(127.5)",
        "images.float().div_(128.0)",
        "gansec_lib/images/convert.py",
    ),
    Canary(
        "data range of PSNR",
        "gansec_lib/metrics/quality.py",
        "10.0 * torch.log10(255.0**2 /",
        "10.0 * torch.log10(1.0**2 /",
        "tests/test_metrics_quality.py::test_mse_and_psnr_agree_with_scikit_image",
    ),
    Canary(
        "UACI over 256 instead of 255",
        "gansec_lib/metrics/difference.py",
        "/ (255.0 * first[0].numel())",
        "/ (256.0 * first[0].numel())",
        "tests/test_metrics_cipher.py::test_npcr_and_uaci_agree_with_numpy",
    ),
    Canary(
        "local entropy judged by the interval that papers print",
        "gansec_lib/metrics/texture.py",
        "z * sd / math.sqrt(blocks * count), z * sd / blocks",
        "z * sd / blocks, z * sd / blocks",
        "tests/test_metrics_texture.py::test_local_entropy_intervals",
    ),
    Canary(
        "GLCM counts the pixel below for the one to the right",
        "gansec_lib/metrics/texture.py",
        "cooccurrences(planes, down, right, shift)",
        "cooccurrences(planes, right, down, shift)",
        "tests/test_metrics_texture.py::test_glcm_agrees_with_a_plain_loop_and_with_torch",
    ),
    Canary(
        "GLCM energy without the pixels that two pairs share",
        "gansec_lib/metrics/texture.py",
        "squares = 2 * side * (1 + s**2) + side**2",
        "squares = 2 * side + side**2",
        "tests/test_metrics_texture.py::test_energy_of_random_bytes_lies_inside_as_often_as_promised"
        "[8-3]",
    ),
    Canary(
        "dead key bits are not counted",
        "gansec_lib/scorecards/cipher/key_space.py",
        "if torch.equal(made.payload, other.payload) and made.extra == other.extra:",
        "if False:",
        "tests/test_metrics_keys_and_damage.py::test_key_space_counts_dead_bits",
    ),
    Canary(
        "a crop takes the share of each side, not of the area",
        "gansec_lib/scorecards/cipher/robustness.py",
        "round(side * math.sqrt(strength))",
        "round(side * strength)",
        "tests/test_metrics_keys_and_damage.py::test_damages_are_what_they_say",
    ),
    Canary(
        "SP 800-22 forgets how many comparisons it made",
        "gansec_lib/scorecards/randomness.py",
        "self.comparisons * min(",
        "1 * min(",
        "tests/test_cards_cipher.py::test_sp800_22_counts_its_comparisons",
    ),
    Canary(
        "a search that found the key does not shorten it",
        "gansec_lib/scorecards/cipher/measures.py",
        'attack.details.get("keys_tried")',
        'attack.details.get("keys_found")',
        "tests/test_cards_cipher.py::test_a_successful_search_shortens_the_effective_key",
    ),
    Canary(
        "off-by-one bit index of the key flip",
        "gansec_lib/scorecards/measuring.py",
        "^= 1 << bit % 8",
        "^= 1 << (bit + 1) % 8",
        "gansec_lib/scorecards/measuring.py",
    ),
    Canary(
        "diffusion chain looks at the wrong neighbour",
        "gansec_lib/ciphers/logistic.py",
        "before = middle[i - 1] if i > 0 else starts[row, 0]",
        "before = middle[i - 1] if i > 1 else starts[row, 0]",
        "tests/test_ciphers.py::test_decryption_is_exact",
    ),
    Canary(
        "exercise reference with the wrong sign",
        "gansec_lib/course/check/lesson_01.py",
        "F.logsigmoid(logits_real).mean() + F.logsigmoid(-logits_fake).mean()",
        "F.logsigmoid(logits_real).mean() - F.logsigmoid(-logits_fake).mean()",
        "tests/checkers/test_lesson_01.py::test_right",
    ),
    Canary(
        "weights are loaded without looking at their hash",
        "gansec_lib/nets/weights.py",
        'if found != facts["sha256"]:',
        "if False:",
        "tests/test_weights.py",
    ),
    Canary(
        "a network's sums are no longer exact",
        "gansec_lib/systems/keygen/exact.py",
        "weight = on_grid(layer.weight, weight_bits)",
        "weight = layer.weight.to(torch.float64)",
        "tests/test_keygen.py::test_known_answers",
    ),
    Canary(
        "a key generator forgets the nonce",
        "gansec_lib/systems/keygen/key_gan.py",
        'salt = hashlib.sha256(nonce).digest() if self.use_nonce else b""',
        'salt = b""',
        "tests/test_keygen.py::test_a_key_is_what_its_digest_says",
    ),
    Canary(
        "another generator's ciphertext is decrypted wrongly, without a word",
        "gansec_lib/systems/keygen/gan_cipher.py",
        "if made_by != self.fingerprint:",
        "if False:",
        "tests/test_keygen.py::test_another_generator_is_refused_and_never_decrypts_wrongly",
    ),
    Canary(
        "a ledger that anyone may sign",
        "gansec_lib/systems/keygen/ledger.py",
        "public.verify(bytes.fromhex(block.signature), bytes.fromhex(block.hash))",
        "bytes.fromhex(block.signature)",
        "tests/test_ledger.py",
    ),
    Canary(
        "a ciphertext's checksum is not looked at",
        "gansec_lib/ciphers/container.py",
        "if hashlib.sha256(data[:-32]).digest() != data[-32:]:",
        "if False:",
        "tests/test_container_fuzz.py",
    ),
    Canary(
        "two headers with one meaning and one tag",
        "gansec_lib/ciphers/container.py",
        "if raw != make_header(",
        "if False and raw != make_header(",
        "tests/test_container_fuzz.py::test_a_header_written_otherwise_is_refused",
    ),
]


@pytest.fixture(scope="module")
def copy(project, tmp_path_factory):
    """A copy of the project in which anything may be broken."""
    folder = tmp_path_factory.mktemp("canary") / "project"
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb", "*.nbi", "*.nbc")
    for name in ("gansec_lib", "tests", "tools", "notebooks"):
        shutil.copytree(project / name, folder / name, ignore=ignore)
    shutil.copy(project / "pyproject.toml", folder)
    (folder / "data").symlink_to(project / "data", target_is_directory=True)
    return folder


def run_tests(folder, *tests):
    """Run a few tests on the copy: (exit status, what pytest said)."""
    environment = dict(os.environ, PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-cov"]
    done = subprocess.run(
        [*command, *tests], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.fixture(scope="module")
def healthy_copy(copy):
    """The copy, after all the named tests have passed on it."""
    status, words = run_tests(copy, *sorted({canary.tests for canary in CANARIES}))
    assert status == 0, f"not green before any break:\n{words}"
    return copy


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.name)
def test_a_broken_library_turns_red(canary, healthy_copy):
    file = healthy_copy / canary.file
    healthy = file.read_text("utf-8")
    assert canary.right in healthy, f"mend the canary: {canary.right!r} is gone"
    try:
        file.write_text(healthy.replace(canary.right, canary.wrong), "utf-8")
        status, words = run_tests(healthy_copy, canary.tests)
    finally:
        file.write_text(healthy, "utf-8")
    assert status == 1, f"the break went unnoticed (pytest exit {status}):\n{words}"
