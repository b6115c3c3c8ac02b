"""The targets are ciphers; the suite tries everything or says why not, and counts every query."""

import ast
import inspect
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import weak_ciphers
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import camera, moon

from gansec_lib import attacks, systems
from gansec_lib.attacks.on_ciphers import suite as suite_module
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.attacks.on_hiders import table as hiders
from gansec_lib.attacks.on_people import recognisers
from gansec_lib.attacks.on_people import table as people
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, derive_key

SECRET = b"a key for the tests, 32 bytes ok"
PICTURES = torch.stack(
    [torch.from_numpy(p[::4, ::6].copy()) for p in (camera(), moon(), camera().T, moon().T)]
)[:, None]
SMALL = PICTURES[..., ::2, ::2].contiguous()
CHOSEN = ("as used", "nonce held")

TARGETS = [
    targets.XorStream(),
    weak_ciphers.PermutationOnly(),
    targets.PermutationXor(),
    *(targets.PermutationFeedback(rule) for rule in targets.PermutationFeedback.RULES),
    weak_ciphers.PermutationSboxFeedback(),
    weak_ciphers.PermutationSubstitution(),
    weak_ciphers.TwisterStream(),
    targets.ShortSeed(16),
    targets.ShortSeed(24),
    targets.TerribleButUniform(),
]

OPENED = {  # target: (attacks that read it as used, one that reads it with its nonce held)
    "target_xor": (set(), "chosen_plaintext_xor"),
    "target_permutation": (set(), "permutation_only"),
    "target_permutation_xor": (set(), "chosen_plaintext_permutation_xor"),
    "target_feedback": (set(), "chosen_plaintext_feedback"),
    "target_sbox_feedback": (set(), "chosen_plaintext_sbox_feedback"),
    "target_substitution": (set(), "chosen_plaintext_substitution"),
    "target_twister": ({"twister_state"}, "two_time_pad"),
    "target_short_seed": ({"seed_search"}, "two_time_pad"),
    "target_terrible": ({"effective_key_search"}, ""),
}


@settings(max_examples=40, deadline=None)
@given(
    which=st.sampled_from(range(len(TARGETS))),
    related=st.booleans(),
    shape=st.tuples(
        st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)
    ),
    seed=st.integers(0, 2**31),
)
def test_targets_come_back_bit_for_bit(which, related, shape, seed):
    cipher = TARGETS[which]
    cipher = type(cipher)(**{**cipher.options(), "plaintext_related": related})
    images = torch.randint(256, shape, generator=torch.Generator().manual_seed(seed))
    images = images.to(torch.uint8)
    key = derive_key(SECRET, cipher.key_length)
    assert torch.equal(cipher.decrypt(cipher.encrypt(images, key), key), images)


@pytest.mark.parametrize("cipher", [one for one in TARGETS if one.options().get("bits") != 24])
def test_suite_opens_each_target_and_counts_its_queries(cipher, monkeypatch):
    key = derive_key(SECRET, cipher.key_length)
    calls = []
    whole = type(cipher).encrypt

    def counted(self, *arguments, **options):
        calls.append(1)
        return whole(self, *arguments, **options)

    monkeypatch.setattr(type(cipher), "encrypt", counted)
    found, _ = attacks.suite(cipher, key, PICTURES, CHOSEN)
    queries = sum(result.queries for result in found)
    margins = sum(result.name == "twister_state" for result in found)  # reads the victim itself
    victims = len(found) - 2 + 2 * len(PICTURES)  # one each, all pictures for the distinguisher
    assert len(calls) == 1 + queries - margins + victims
    used, held = OPENED[cipher.key_name]
    opened = {(r.name, r.setting) for r in found if r.verdict == "opened"}
    assert {name for name, setting in opened if setting == "as used"} == used
    assert not held or (held, "nonce held") in opened
    json.dumps([result.to_dict() for result in found], allow_nan=False)


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20"])
def test_standards_fall_only_to_a_nonce_held(name):
    found, _ = attacks.suite(systems.get(name), derive_key(SECRET), PICTURES)
    assert {r.setting for r in found if r.beyond_chance and not r.tells} == set(attacks.MISUSE)
    reading = [r for r in found if not r.tells and r.name != "uneven_key"]
    assert all(r.score < 0.03 for r in reading if r.setting not in attacks.MISUSE)
    told = {(r.name, r.setting): r.verdict for r in found if r.tells}
    assert told["distinguish", "nonce held"] == "told", "two pictures under one keystream"
    assert told["dictionary", "nonce held"] == "told" and told["dictionary", "as used"] != "told"
    asked = [r for r in found if r.setting == "chosen ciphertexts"]
    assert {(r.verdict, r.says) for r in asked} == {("held", "refused")} and len(asked) == 2


def test_nothing_opens_the_plaintext_related_classic():
    cipher = systems.get("logistic", plaintext_related=True)
    found, _ = attacks.suite(cipher, derive_key(SECRET), PICTURES, CHOSEN)
    assert len(found) >= 20 and not any(r.beyond_chance for r in found if not r.tells)
    assert all(result.score < 0.03 for result in found if not result.tells)
    plain, _ = attacks.suite(
        systems.get("logistic"), derive_key(SECRET), PICTURES[:1], ("nonce held",)
    )
    assert {r.name for r in plain} == {r.name for r in found if r.setting == "nonce held"}
    two_way = {r.name for r in plain if r.verdict == "opened"}
    assert "chosen_plaintext_two_way" in two_way and "two_time_pad" not in two_way


# ---------------------------------------------------------------- nothing is left out in silence

ROOM = Path(suite_module.__file__).parent


def attacks_in(folder: Path) -> set[str]:
    """The public functions of a folder that are attacks: by what they take, or what they return."""
    found = set()
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                taken = [argument.arg for argument in node.args.args]
                returns = ast.unparse(node.returns) if node.returns else ""
                if returns == "Attempt" or taken[:3] == ["cipher", "key", "image"]:
                    found.add(node.name)
    return found


def test_every_attack_of_the_folder_has_its_row(tmp_path):
    assert attacks_in(ROOM) == set(attacks.TABLE)
    for name, row in attacks.TABLE.items():
        assert row.attack is getattr(attacks, name) and name in dir(attacks)
        assert set(row.settings) <= set(attacks.SETTINGS)
    assert {s for row in attacks.TABLE.values() for s in row.settings} == set(attacks.SETTINGS)
    shutil.copytree(ROOM, tmp_path / "room")
    (tmp_path / "room" / "new.py").write_text(
        "def forgotten(cipher, key, image, setting): ...\n"
        "def lost(system, *given) -> Attempt: ...\n"
        "def helper(cipher, key): ...\n"
    )
    assert attacks_in(tmp_path / "room") - set(attacks.TABLE) == {"forgotten", "lost"}


def test_every_attacker_of_the_other_rooms_has_its_row():
    analysers = {row.score.__module__ for row in hiders.ANALYSERS.values()}
    files = {path.stem for path in Path(hiders.__file__).parent.glob("*.py")}
    assert {name.split(".")[-1] for name in analysers} == files - {"__init__", "evaluate", "table"}
    compare = {
        name
        for name, one in vars(recognisers).items()
        if inspect.isfunction(one) and list(inspect.signature(one).parameters)[-1] == "probes"
    }
    assert compare == set(people.RECOGNISERS)


def test_the_package_offers_what_the_table_s_files_hold():
    assert attacks.near_weights and attacks.Oracle and attacks.reasons and attacks.on_hiders
    for name in ("torch", "blind_guess", "_names_of", "Callable"):
        with pytest.raises(AttributeError, match=name):
            getattr(attacks, name)


def gaps(attempts, left_out) -> set[tuple[str, str]]:
    """Attacks and settings that are neither among the attempts nor among what was left out."""
    done = [(one.name, one.setting) for one in (*attempts, *left_out)]
    assert len(done) == len(set(done)), "twice"
    wanted = {(row.name, s) for row in attacks.TABLE.values() for s in row.settings}
    return wanted ^ set(done)


@pytest.mark.parametrize(
    ("label", "images", "how"),
    [
        ("aes_gcm", SMALL, {}),
        ("logistic", SMALL[:1], {"settings": ("as used",)}),
        ("chacha20", SMALL[:2, :, :4, :5], {}),
        ("gan_compression", SMALL, {}),
        ("roi_aes:trained=false", SMALL, {"settings": ("as used", "chosen ciphertexts")}),
    ],
)
def test_each_attack_was_tried_or_has_a_reason(label, images, how):
    system = systems.build(label)
    attempts, left_out = attacks.suite(system, derive_key(SECRET), images, **how)
    assert gaps(attempts, left_out) == set()
    assert gaps(attempts[1:], left_out) and gaps(attempts, left_out[1:]), "a gap is noticed"
    assert all(one.reason for one in left_out)
    text = attacks.reasons(left_out)
    assert len(text) == len(set(text))
    for name, setting, _ in left_out:
        assert any(name.replace("_", " ") in one and setting in one for one in text)


def test_reasons_name_what_lacks():
    def why(system, images, **how):
        _, left_out = attacks.suite(system, derive_key(SECRET), images, **how)
        return {(one.name, one.setting): one.reason for one in left_out}

    tiny = why(systems.get("aes_gcm"), SMALL[:2, :, :4, :5])
    assert tiny["twister_state", "as used"] == "pictures of 20 bytes, and it needs 2497 or more"
    assert "fewer than 256 bytes" in tiny["distinguish", "as used"]
    short = why(targets.XorStream(), SMALL, settings=("nonce held",))
    assert short["twister_shuffle", "nonce held"] == "it takes minutes, and the budget was seconds"
    assert short["two_time_pad", "as used"] == "this setting was not asked for"
    large = torch.zeros(1, 1, 513, 512, dtype=torch.uint8)
    row = attacks.TABLE["uneven_key"]
    given_ = suite_module.Given(targets.XorStream(), derive_key(SECRET), large)
    assert "262,144 at most" in row.why_not(given_, "minutes")
    assert replace(row, hundreds=False).why_not(given_, "minutes") == ""


def test_a_cipher_of_codes_gets_the_attacks_that_apply():
    found, left_out = attacks.suite(systems.get("gan_compression"), derive_key(SECRET), SMALL)
    assert {(r.name, r.setting) for r in found} == {
        ("dictionary", "as used"),
        ("distinguish", "as used"),
        ("named_by_hash", "as used"),
        ("dictionary", "nonce held"),
        ("distinguish", "nonce held"),
        ("known_codes", "nonce held"),
        ("known_codes", "public codec"),
    }
    verdicts = {r.setting: r.verdict for r in found if r.name == "known_codes"}
    assert verdicts["public codec"] == "held" and verdicts["nonce held"] != "held"
    (bytes_,) = {one.reason for one in left_out if one.name == "two_time_pad"}
    assert bytes_ == "no cipher byte stands for each byte of the picture"


def test_a_cipher_that_changes_the_size_has_no_bytes_to_attack():
    class Longer(targets.XorStream):
        def encrypt(self, images, key, nonce=None):
            made = super().encrypt(images, key, nonce)
            return replace(made, payload=torch.cat([made.payload, made.payload[:1]]))

    attempts, left_out = attacks.suite(Longer(), derive_key(SECRET), SMALL)
    assert attempts == [] and gaps(attempts, left_out) == set()


# ---------------------------------------------------------------- settings


class Uneven(targets.XorStream):
    """XOR with bytes of which half are 7: fresh for each picture, and still habits."""

    def _forward(self, flat, key):
        stream = super()._forward(flat * 0, key).copy()
        stream[stream < 128] = 7
        return flat ^ stream

    _backward = _forward


class HashInHeader(targets.XorStream):
    """Sends the plain picture's hash along, for everyone to read."""

    def encrypt(self, images, key, nonce=None):
        made = super().encrypt(images, key, nonce)
        return replace(made, extra={**made.extra, "sum": attacks.plain_hashes(images, "sha1")[0]})


FALLS = {  # setting: (attack, cipher that falls, its verdict, cipher that does not)
    "as used": ("seed_search", targets.ShortSeed(16), "opened", targets.ShortSeed(24)),
    "nonce held": ("two_time_pad", targets.XorStream(), "opened", targets.PermutationXor()),
    "chosen ciphertexts": (
        "chosen_ciphertext",
        targets.PermutationXor(),
        "opened",
        targets.PermutationXor(plaintext_related=True),  # its hash is verified: it refuses
    ),
    "many messages": ("uneven_key", Uneven(), "opened", targets.XorStream()),
    "weights known": (
        "weights_nearly_right",
        systems.get("deepkeygen", extraction="raw"),
        "in part",
        systems.get("deepkeygen", extraction="modular"),
    ),
    "public codec": (
        "known_codes",
        systems.get("gan_compression", use_nonce=False),
        "in part",
        systems.get("gan_compression"),
    ),
}


@pytest.mark.parametrize("setting", attacks.SETTINGS)
def test_each_setting_has_an_attack_that_works_there_and_one_that_does_not(setting):
    name, falls, verdict, stands = FALLS[setting]
    row = attacks.TABLE[name]
    for cipher, expected in ((falls, verdict), (stands, "held")):
        key = derive_key(SECRET, cipher.key_length)
        found = row.run(suite_module.Given(cipher, key, SMALL), setting)
        assert (found.name, found.setting, found.verdict) == (name, setting, expected)


def test_a_hash_of_the_plain_picture_in_public_names_it():
    found = attacks.named_by_hash(HashInHeader(), SECRET, SMALL[:1], SMALL[1:], "as used")
    assert (found.verdict, found.details["found"]) == ("not told", -1)
    found = attacks.named_by_hash(HashInHeader(), SECRET, SMALL[2:3], SMALL, "as used")
    assert (found.verdict, found.details["found"], found.chance) == ("told", 2, 0.2)
    ledger = systems.get("blockchain_gan", trained=False)
    kept = attacks.named_by_hash(ledger, SECRET, SMALL[2:3], SMALL, "as used")
    assert kept.verdict == "not told" and kept.details["entries"] >= 2


NEEDS_MORE = sorted(
    (row.name, what)
    for row in attacks.TABLE.values()
    for what in ("decrypts", "repeats", "networks")
    if "as used" not in row.settings
    and all(getattr(attacks.SETTINGS[setting], what) for setting in row.settings)
)


def test_a_mislabelled_setting_is_refused(monkeypatch):
    """Nobody can run an attack as used that asks for more than use gives."""
    assert {name for name, _ in NEEDS_MORE} == {
        row.name for row in attacks.TABLE.values() if "as used" not in row.settings
    }
    ciphers = {"known_codes": systems.get("gan_compression")}
    for name in {name for name, _ in NEEDS_MORE}:
        row = replace(attacks.TABLE[name], settings=("as used",), cost="seconds", hundreds=False)
        cipher = ciphers.get(name, systems.get("deepkeygen", trained=False))
        monkeypatch.setattr(suite_module, "TABLE", {name: row})
        with pytest.raises(ParameterError, match=r"setting: expected one of .*got 'as used'"):
            attacks.suite(cipher, derive_key(SECRET), SMALL[..., :40])


def test_wrong_arguments():
    key = derive_key(SECRET)
    for wrong in (42, "aes_gcm"):
        with pytest.raises(ParameterError, match=r"system: expected a Cipher.*systems\.build"):
            attacks.suite(wrong, key, SMALL)
    aes = systems.get("aes_gcm")
    with pytest.raises(ParameterError, match="settings: expected some of"):
        attacks.suite(aes, key, SMALL, ("never",))
    with pytest.raises(ParameterError, match="budget: expected one of"):
        attacks.suite(aes, key, SMALL, budget="days")
    with pytest.raises(ParameterError, match="key"):
        attacks.suite(aes, b"short", SMALL)


# ---------------------------------------------------------------- attempts


@pytest.mark.parametrize(
    ("score", "chance", "how", "verdict"),
    [
        (1.0, 1 / 256, {}, "opened"),
        (1.0, 1.0, {}, "opened"),
        (0.9, 1 / 256, {}, "in part"),
        (0.9, 0.88, {}, "held"),  # a black picture: a blind guess gets as much
        (1 / 256, 1 / 256, {}, "held"),
        (1.0, 0.001, {"tells": True}, "told"),
        (0.0, 0.001, {"tells": True}, "not told"),
        (0.56, 0.5, {"tells": True}, "told"),
        (0.56, 0.5, {"tells": True, "margin": 0.1}, "not told"),  # few pictures
        (0.3, 0.025, {"margin": 0.15}, "in part"),  # people named
    ],
)
def test_verdicts(score, chance, how, verdict):
    attempt = attacks.Attempt("any", "as used", score, chance, 1, 0.1, "words", **how)
    assert attempt.verdict == verdict == attempt.to_dict()["verdict"]
    assert attempt.beyond_chance == (verdict in ("opened", "in part", "told"))
    assert attempt.succeeded == (verdict in ("opened", "told"))
    assert not isinstance(attempt, Cipher) and attempt.shown is None
