"""Hiders and who finds them: messages come back or are refused, analysers give known answers."""

import hashlib

import numpy as np
import pytest
import torch

from gansec_lib import images, systems
from gansec_lib.attacks.on_hiders import chi_square, rs
from gansec_lib.attacks.on_hiders import evaluate as evaluation
from gansec_lib.embedding import message
from gansec_lib.errors import IntegrityError, ParameterError, TamperedError, WrongKeyError
from gansec_lib.metrics import detection, payload
from gansec_lib.roles import Hider

KEY = bytes(range(32))
LABELS = ("lsb", "lsb:order=sequential", "lsb_matching", "lsb_matching:order=sequential")


def noise(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


@pytest.fixture(scope="module")
def covers():
    """Sixty drawn textures of 128 × 128, grey."""
    return images.load("textures", size=128, count=60, colour=False).images


@pytest.fixture(scope="module")
def photographs(shared_data):
    """Every fourth of the 380 real covers."""
    return images.load(shared_data / "covers256", 256, None, False, split="all").images[::4]


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize("label", LABELS)
def test_every_kind_of_secret_comes_back_as_it_was(label):
    hider, shape = systems.build(label), (3, 3, 17, 23)
    plain = noise(shape)
    plain[0, 0], plain[0, 1] = 0, 255  # both ends of the scale
    room = hider.capacity(shape[1:])
    assert room == 3 * 17 * 23 // 8 - message.OVERHEAD
    for secrets in (
        [b"", b"hello", bytes(range(room))],
        noise((3, 40), 1),
        noise((3, 0), 1),
        noise((3, 3, 4, 6), 2),
        noise((3, 1, 9, 5), 3),
    ):
        stegos = hider.hide(plain, secrets, KEY)
        back = hider.reveal(stegos, KEY)
        assert stegos.dtype == torch.uint8 and stegos.shape == plain.shape
        assert back == secrets if isinstance(secrets, list) else torch.equal(back, secrets)
        assert (stegos.int() - plain.int()).abs().max() <= 1
        assert torch.equal(stegos, hider.hide(plain, secrets, KEY)), "the same on every machine"


def test_two_hundred_random_messages_all_come_back():
    hider = systems.get("lsb_matching")
    rng = np.random.default_rng(0)
    secrets = [rng.bytes(int(rng.integers(0, 490))) for _ in range(200)]
    stegos = hider.hide(noise((200, 1, 64, 64)), secrets, KEY)
    assert hider.reveal(stegos, KEY) == secrets


def test_known_stego():
    """Regenerate by hand only: a changed format would orphan every stego out there."""
    cover = torch.arange(48 * 40).reshape(1, 1, 48, 40).to(torch.uint8)
    found = {
        label: hashlib.sha256(
            systems.build(label).hide(cover, [b"known answer"], KEY).numpy().tobytes()
        ).hexdigest()[:16]
        for label in LABELS
    }
    assert found == {
        "lsb": "51fc0a17b48f4c18",
        "lsb:order=sequential": "469c70cda57d879d",
        "lsb_matching": "e18aecd559d17a60",
        "lsb_matching:order=sequential": "1b4422045ea98e43",
    }


@pytest.mark.parametrize("label", LABELS)
def test_a_secret_too_long_is_named_before_anything_is_hidden(label):
    hider, plain = systems.build(label), noise((2, 1, 20, 20))
    before, room = plain.clone(), hider.capacity((1, 20, 20))
    with pytest.raises(ParameterError, match=r"secrets: the longest needs 51 bytes.*carries 50"):
        hider.hide(plain, [b"", bytes(room + 1)], KEY)
    assert torch.equal(plain, before)
    assert hider.capacity((1, 4, 4)) == 0
    with pytest.raises(ParameterError, match="secrets"):
        hider.hide(noise((1, 1, 4, 4)), [b""], KEY)


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (b"just bytes", "secret"),
        ("text", "list of bytes"),
        ([b"one"], "expected 2"),
        ([b"one", "two"], "list of bytes"),
        (torch.zeros(2, 3), "uint8"),
        (torch.zeros(2, 3, 4, dtype=torch.uint8), "uint8"),
    ],
)
def test_secrets_of_a_wrong_kind_are_named(secrets, said):
    with pytest.raises(ParameterError, match=said):
        systems.get("lsb").hide(noise((2, 1, 20, 20)), secrets, KEY)


@pytest.mark.parametrize("label", LABELS)
def test_a_wrong_key_and_an_untouched_cover_are_refused(label):
    hider, plain = systems.build(label), noise((1, 1, 64, 64))
    stego = hider.hide(plain, [b"for your eyes only"], KEY)
    for bit in range(0, 256, 5):
        other = bytearray(KEY)
        other[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError):
            hider.reveal(stego, bytes(other))
    with pytest.raises(WrongKeyError, match="no message under this key"):
        hider.reveal(plain, KEY)


def test_damage_is_never_a_wrong_message():
    hider, secret = systems.build("lsb:order=sequential"), [b"pay 100 to Alice"]
    stego = hider.hide(noise((1, 1, 64, 64)), secret, KEY)
    travels, refused = 8 * (len(secret[0]) + message.OVERHEAD), 0
    for place in range(0, travels + 40):
        damaged = stego.clone()
        damaged.view(-1)[place] ^= 1
        try:
            assert hider.reveal(damaged, KEY) == secret
        except IntegrityError:
            refused += 1
    assert refused == travels  # each bit that travels, and none beyond
    body = stego.clone()
    body.view(-1)[travels - 40] ^= 1
    with pytest.raises(TamperedError, match="CRC-32"):
        hider.reveal(body, KEY)


def test_what_travels_looks_like_noise_and_never_repeats():
    secret, cover = bytes(2000), b"cover"
    sealed = message.seal(secret, KEY, cover)
    ones = np.unpackbits(np.frombuffer(sealed, np.uint8)).mean()
    assert abs(ones - 0.5) < 4 * 0.5 / (8 * len(sealed)) ** 0.5
    other = message.seal(secret, KEY, b"another cover")
    agree = np.mean(np.frombuffer(sealed, np.uint8) == np.frombuffer(other, np.uint8))
    assert agree < 0.02  # one keystream for both would agree everywhere
    with pytest.raises(TamperedError, match="the message should have 2,000 bytes"):
        message.unseal(sealed[:-1], KEY)
    for cut in (0, 3, message.NONCE, message.NONCE + 4):
        with pytest.raises(WrongKeyError):
            message.unseal(sealed[:cut], KEY)


def test_stegos_of_different_kinds_are_revealed_one_by_one():
    hider = systems.get("lsb")
    plain = noise((2, 1, 32, 32))
    mixed = torch.cat(
        [hider.hide(plain[:1], [b"a"], KEY), hider.hide(plain[1:], noise((1, 4)), KEY)]
    )
    with pytest.raises(ParameterError, match="one by one"):
        hider.reveal(mixed, KEY)


# ---------------------------------------------------------------- places and changes


@pytest.mark.parametrize("label", LABELS)
def test_psnr_and_changes_are_what_theory_says(label):
    hider = systems.build(label)
    plain = noise((8, 1, 128, 128))
    for share in (1.0, 0.5, 0.1):
        stegos, _ = evaluation.fill(hider, plain, KEY, share)
        length = max(1, round(share * hider.capacity((1, 128, 128)))) + message.OVERHEAD
        bits = 8 * length / 128**2
        rate = payload.change_values(plain, stegos).mean().item()
        spread = (hider.change_rate(bits) / plain.numel()) ** 0.5
        assert rate == pytest.approx(hider.change_rate(bits), abs=4 * spread)
    assert payload.psnr_of_changes(hider.change_rate(1.0)) == pytest.approx(51.14, abs=0.005)


def test_the_key_chooses_the_places_and_sequential_does_not():
    plain = noise((1, 1, 64, 64))
    secret = [bytes(40)]
    ends = {}
    for label in LABELS:
        hider = systems.build(label)
        changed = [
            (hider.hide(plain, secret, key) != plain).flatten().nonzero()[:, 0]
            for key in (KEY, KEY[::-1])
        ]
        ends[label] = int(max(changed[0].max(), changed[1].max()))
        if "sequential" not in label:
            both = len(np.intersect1d(*(c.numpy() for c in changed)))
            assert both < 0.2 * len(changed[0]), "two keys, two sets of places"
    used = 8 * (40 + message.OVERHEAD)
    assert ends["lsb:order=sequential"] < used and ends["lsb_matching:order=sequential"] < used
    assert ends["lsb"] > 3500 and ends["lsb_matching"] > 3500


def test_matching_moves_across_pairs_both_ways_and_stays_in_range():
    grey = torch.full((1, 1, 128, 128), 100, dtype=torch.uint8)
    stego, _ = evaluation.fill(systems.get("lsb_matching"), grey, KEY, 1.0)
    values, counts = stego.unique(return_counts=True)
    assert values.tolist() == [99, 100, 101]
    assert abs(int(counts[0]) - int(counts[2])) < 4 * (128 * 128 / 2) ** 0.5
    replaced, _ = evaluation.fill(systems.get("lsb"), grey, KEY, 1.0)
    assert replaced.unique().tolist() == [100, 101]
    for end, allowed in ((0, [0, 1]), (255, [254, 255])):
        edge = torch.full((1, 1, 64, 64), end, dtype=torch.uint8)
        full, _ = evaluation.fill(systems.get("lsb_matching"), edge, KEY, 1.0)
        assert full.unique().tolist() == allowed


# ---------------------------------------------------------------- analysers


def test_chi_square_by_hand():
    # two pairs: 10 and 30 (half of them 20), 20 and 20: χ² = 100/20 + 0 = 5, one degree of freedom
    values = torch.tensor([0] * 10 + [1] * 30 + [6] * 20 + [7] * 20, dtype=torch.uint8)
    from scipy.stats import chi2

    p = chi_square.embedding_p(values.reshape(1, 1, 8, 10), [1.0]).item()
    assert p == pytest.approx(chi2.sf(5, 1))


def test_rs_is_the_quadratic_it_says(covers):
    """A second, slow reading of the definition, square by square."""
    picture = covers[0, 0, :24, :20].numpy().astype(int)

    def difference(pixels, by):
        def flip(v):
            return v ^ 1 if by == 1 else ((v + 1) ^ 1) - 1

        def rough(a, b, c, d):
            return abs(a - b) + abs(b - c) + abs(c - d) + abs(d - a)

        found, count = 0, 0
        for y in range(pixels.shape[0] - 1):
            for x in range(pixels.shape[1] - 1):
                a, b = pixels[y, x], pixels[y, x + 1]
                d, c = pixels[y + 1, x], pixels[y + 1, x + 1]
                for other in ((flip(a), b, flip(c), d), (a, flip(b), c, flip(d))):
                    found += int(np.sign(rough(*other) - rough(a, b, c, d)))
                    count += 1
        return found / count

    d0, m0, d1, m1 = (difference(p, by) for p in (picture, picture ^ 1) for by in (1, -1))
    z = min(np.roots([2 * (d1 + d0), m0 - m1 - d1 - 3 * d0, d0 - m0]), key=abs)
    expected = (z / (z - 0.5)).real
    found = rs.payload(torch.from_numpy(picture[None, None].astype(np.uint8))).item()
    assert found == pytest.approx(expected, rel=1e-9)


def test_rs_estimates_the_payload_of_real_covers(photographs):
    hider = systems.get("lsb")
    assert rs.payload(photographs).median().item() == pytest.approx(0, abs=0.03)
    for share in (0.05, 0.25, 0.5, 1.0):
        stegos, bits = evaluation.fill(hider, photographs, KEY, share)
        found = rs.payload(stegos)
        assert found.median().item() == pytest.approx(bits, abs=0.03)
        assert (found - bits).abs().median().item() < (0.04 if share < 1 else 0.07)


def test_chi_square_sees_the_beginning_of_a_sequential_message(photographs):
    clear = chi_square.embedding_p(photographs, [1.0])
    assert clear.median() < 0.1
    written, _ = evaluation.fill(systems.build("lsb:order=sequential"), photographs, KEY, 0.5)
    p = chi_square.embedding_p(written, [0.25, 0.5, 1.0])
    assert (p[:, :2].min(1).values > 0.9).double().mean() > 0.95
    full, _ = evaluation.fill(systems.get("lsb"), photographs, KEY, 1.0)
    assert (chi_square.embedding_p(full, [1.0]) > 0.99).double().mean() > 0.95


def test_replacement_is_found_and_matching_is_not(photographs):
    found = {
        name: evaluation.evaluate(systems.get(name), photographs, KEY, shares=(1.0, 0.2))
        for name in ("lsb", "lsb_matching")
    }
    for result in found.values():
        assert not result.left_out
        assert all(control.verdict == "told" for control in result.controls)
    verdicts = {(a.name, a.setting): a.verdict for a in found["lsb"].attempts}
    assert verdicts["rs", "100 % full"] == verdicts["chi_square", "100 % full"] == "told"
    assert verdicts["rs", "20 % full"] == "told"
    rs_full = next(a for a in found["lsb"].attempts if (a.name, a.setting) == ("rs", "100 % full"))
    assert rs_full.details["p_e"] < 0.02 and rs_full.details["auc"] > 0.99
    for attempt in found["lsb_matching"].attempts:
        assert attempt.verdict == "not told", attempt.says
        assert attempt.details["p_e"] > 0.38


class Nothing(Hider):
    """Hides nothing at all: no analyser may find it."""

    key_name = "nothing"

    def capacity(self, shape):
        return 10

    def hide(self, covers, secrets, key):
        return covers.clone()

    def reveal(self, stegos, key):
        raise IntegrityError("nothing")


def test_who_hides_nothing_is_not_found(covers):
    found = evaluation.evaluate(Nothing(), covers, KEY, shares=(1.0,))
    assert [attempt.details["auc"] for attempt in found.attempts] == [0.5] * len(found.attempts)
    assert all(attempt.verdict == "not told" for attempt in found.attempts)


def test_a_blind_analyser_is_left_out_and_said(covers):
    blind = evaluation.Analyser("blind", "sees nothing", lambda x: torch.zeros(len(x)).double())
    found = evaluation.evaluate(systems.get("lsb"), covers, KEY, analysers=[blind], shares=(1.0,))
    assert not found.attempts
    assert list(found.left_out) == ["blind"] and "prove nothing" in found.left_out["blind"]


def test_the_analyser_ignores_which_way_a_score_is_wrong(covers):
    backwards = evaluation.Analyser("backwards", "turned round", lambda x: -rs.payload(x))
    found = evaluation.evaluate(systems.get("lsb"), covers, KEY, [backwards], (1.0,))
    assert found.controls[0].details["auc"] < 0.5 and found.left_out


def test_evaluate_says_what_it_cannot_do(covers):
    with pytest.raises(ParameterError, match="share"):
        evaluation.fill(systems.get("lsb"), covers, KEY, 0.0)
    with pytest.raises(ParameterError, match="hold no byte"):
        evaluation.fill(systems.get("lsb"), covers[:, :, :4, :4], KEY, 1.0)
    with pytest.raises(ParameterError, match="2 × 2"):
        rs.payload(covers[:, :, :1])


def test_intervals_hold_the_estimate(covers):
    found = evaluation.evaluate(systems.get("lsb"), covers, KEY, shares=(0.1,))
    for attempt in found.attempts:
        for name in ("auc", "md5"):
            low, high = attempt.details[f"{name}_interval"]
            assert 0 <= low <= high <= 1
        low, high = attempt.details["auc_interval"]
        assert low <= attempt.details["auc"] <= high
        assert attempt.margin == 0.5 - detection.critical_p_e(len(covers), evaluation.ALPHA)
