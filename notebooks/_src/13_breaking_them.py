# %% [markdown]
# # 13 · Breaking them
# Eleven ciphers around a GAN key stand in this library. Today you open every one as it was published, count what it cost, and repair what can be repaired.
#
# | minutes | needs | papers |
# |---|---|---|
# | 90 | lessons 08–12 | [4]–[11], [73], [76], [77]; the published attacks on their family |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **open** every picture of a reused key with one that you know (13.1);
# - **read** a picture through a receiver who decrypts anything but it (13.2);
# - **undo** the output function of a Mersenne Twister (13.3) and see its seed found inside a cipher;
# - **name** a picture without reading it (13.4), and **recognise** the right key without knowing a byte (13.5);
# - **repair**: a nonce, and a tag that is checked first (13.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** In each section someone stronger: first she only listens, then she has pictures encrypted, then she has other ciphertexts *decrypted*.
# - **What do they know?** The whole system, with the weights of its networks. Never the key.
# - **What counts as broken?** Every byte read, or a picture named with certainty.
# - **Not shown here:** side channels, and the search for a random 256-bit key, which nobody can do.

# %%
import hashlib
import hmac

import matplotlib.pyplot as plt
import numpy as np
import torch

from gansec_lib import attacks, images, systems
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.attacks.on_ciphers.chosen_plaintext import equivalent_key
from gansec_lib.attacks.on_ciphers.structures import named
from gansec_lib.attacks.on_ciphers.twister import recover_mt19937
from gansec_lib.attacks.oracle import Oracle
from gansec_lib.ciphers import twister
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress
from gansec_lib.errors import IntegrityError
from gansec_lib.roles.per_picture import picture_key
from gansec_lib.show.figures import grid_figure, show, show_grid, show_table
from gansec_lib.show.widgets import explore
from gansec_lib.systems.keygen.medical_hash import twister_seed

# %% [markdown]
# Parameters: change them here, or from the command line. `SEEDS` is how many Twister seeds section 3 tries; 4,294,967,296 are all.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number
SEEDS: int = 1_048_576  # 1 to 4_294_967_296

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("13", PROFILE, SEED)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. You have two cipher images under one key, and neither picture. What can you see?
# 2. A cipher draws a fresh key for every picture, from a fresh nonce. Which attacker is left?
# 3. The key has 256 bits. How many must an attacker try if a Mersenne Twister does the shuffling?
# 4. How wrong may a stolen network's weights be, and still decrypt?

# %% [markdown]
# ## 1. One keystream, two pictures
# DeepKeyGen [4] turns a secret picture into a key picture and ⊕s it on. Its authors train a new network for each message; with the same network and secret twice, both messages have the same key:
#
# $$c_1 \oplus c_2 = (p_1 \oplus k) \oplus (p_2 \oplus k) = p_1 \oplus p_2$$

# %%
KEY = hashlib.sha256(b"a secret that the attacker never sees").digest()
scans = images.load("xrays", size=64, count=12, colour=False).images
published = systems.get("deepkeygen", use_nonce=False, extraction="modular")
first, second = (published.encrypt(one[None], KEY).as_images() for one in scans[:2])
show_grid(
    torch.cat([first, second, first ^ second]),
    labels=["c₁", "c₂", "c₁ ⊕ c₂"],
    size=1.5,
    title="Two patients in one picture",
)

# %% [markdown]
# **Reading the figure.** Each cipher image alone is perfect noise: the key bytes pass every test. Their ⊕ shows two chests at once, to someone who has no picture at all. That is the first prediction.
#
# With *one* picture known (a phantom scan, a logo, a picture she sent herself) the rest is one line.

# %% [markdown]
# ### Exercise 13.1 · Two-time pad
# Difficulty ●○○ · 4 minutes · in: `known`, `known_cipher`, `cipher`, uint8 of one shape · out: the other picture
#
# <details><summary>Hint: which key?</summary>known ⊕ known_cipher is the key picture.</details>
# <details><summary>Hint: one line</summary>⊕ all three.</details>


# %%
def two_time_pad(known, known_cipher, cipher):
    """The picture behind ``cipher``."""
    ### BEGIN SOLUTION
    return known ^ known_cipher ^ cipher
    ### END SOLUTION


# %%
two_time_pad = check("13.1", two_time_pad)

# %% [markdown]
# One known picture opens all that were ever sent under the key. The repair is a nonce.

# %%
opened = two_time_pad(scans[:1], first, second)
print("published, every byte read:", torch.equal(opened, scans[1:2]))
repaired = systems.get("deepkeygen", extraction="modular")
pair = [repaired.encrypt(one[None], KEY).as_images() for one in scans[:2]]
right = (two_time_pad(scans[:1], *pair) == scans[1:2]).double().mean().item()
print("with a nonce, no more than chance:", right < 0.02)
assert torch.equal(opened, scans[1:2]) and right < 0.02

# %% [markdown]
# ## 2. Ask the receiver
# A fresh nonce in the key: now no two pictures share a keystream, and lesson 08's chosen *plaintexts* find nothing. But the nonce stands in the header, for the receiver needs it. So send the receiver **the victim's header with other bytes behind it**, and look at what she makes of it: a stray error picture, a log file, a web service that shows the result.
#
# Take a cipher that only ⊕s. Flip one bit of the cipher image: which bits of the plain picture flip?

# %% [markdown]
# ### Exercise 13.2 · Anything but this one
# Difficulty ●●○ · 6 minutes · in: `decrypt` (uint8 tensor to uint8 tensor), `cipher` · out: the picture
#
# For any ⊕ cipher. `decrypt` refuses `cipher` itself. One question is enough.
# <details><summary>Hint: nearly the victim</summary>Ask for `cipher ^ 1`: what comes back differs from the picture how?</details>
# <details><summary>Hint: or nothing at all</summary>The decryption of zeros is the key.</details>


# %%
def read_through_receiver(decrypt, cipher):
    """The picture behind ``cipher``, from one decryption of something else."""
    ### BEGIN SOLUTION
    return decrypt(cipher ^ 1) ^ 1
    ### END SOLUTION


# %%
read_through_receiver = check("13.2", read_through_receiver)

# %% [markdown]
# Against DeepKeyGen with a nonce. `Oracle.decrypt` puts the bytes behind the victim's header, counts, and refuses the victim itself.

# %%
careful = systems.get("deepkeygen", extraction="modular")
oracle = Oracle(careful, KEY, "chosen ciphertexts")
seen = oracle.victim(scans[2:3])
opened = read_through_receiver(oracle.decrypt, seen)
print("a fresh nonce, every byte read:", torch.equal(opened, scans[2:3]))
print("decryptions asked for:", oracle.queries)
assert torch.equal(opened, scans[2:3]) and oracle.queries == 1

# %% [markdown]
# Second prediction: the one who may ask for *decryptions*. Permutations do not help, and moving single bits, as the boxes of [7]'s family do, costs her a few questions more: let each bit say where it is. $n$ bytes have $8n$ bits, numbered in $\lceil \log_2 8n \rceil$ pictures; zeros give the mask, and one flipped bit tells how the bytes are chained. For 256 × 256 that is **21**. (The published attack on such a cipher asks 37 times.)

# %%
big = images.load("xrays", size=256, count=1, colour=False).images
boxes = targets.BitBoxes()
moved = attacks.chosen_ciphertext_bits(boxes, KEY, big, "chosen ciphertexts")
print(f"bits moved and chained: {moved.queries} decryptions, all read: {moved.succeeded}")
rows = []
for name in ("deepkeygen", "blockchain_gan", "logistic_henon_sr", "medical_hash", "dcgan_blocks"):
    careful = systems.get(name)
    found = attacks.chosen_ciphertext(careful, KEY, scans[:1], "chosen ciphertexts")
    words = f"{100 * found.score:.0f} %"
    rows.append({"system": name, "bytes read": words, "decryptions": found.queries})
    assert found.succeeded
checked = systems.get("deepkeygen", plaintext_related=True)
for name, system in (("deepkeygen, hash sent", checked), ("aes_gcm", systems.get("aes_gcm"))):
    found = attacks.chosen_ciphertext(system, KEY, scans[:1], "chosen ciphertexts")
    rows.append({"system": name, "bytes read": "none: " + found.says})
    assert found.says == "refused"
show_table(rows, title="A nonce in every key: chosen ciphertexts")

# %% [markdown]
# **Reading the table.** Five ciphers fall although each picture has its own key. The last two answer nothing. AES-GCM's *tag* is checked before a byte is decrypted. DeepKeyGen with `plaintext_related` sends a keyed hash of the picture in the header: the receiver decrypts, compares, and hands out nothing that does not match. Keep that in mind for the end.

# %% [markdown]
# ## 3. Seeds
# [10] shuffles the pixels with a **Mersenne Twister**, a generator made for simulations. Its state is 624 words of 32 bits; each output is one word of the state, *tempered* by four steps like
#
# $$y \leftarrow x \oplus (x \gg 11)$$
#
# so that it looks better. Tempering loses nothing: whoever undoes it for 624 outputs holds the state.

# %% [markdown]
# ### Exercise 13.3 · Undo a shift
# Difficulty ●●● · 10 minutes · in: `y` and `k`, ints, y of 32 bits · out: the int `x` with `y == x ^ (x >> k)`
#
# The highest `k` bits of y are those of x. They tell the next `k`, and so on.
# <details><summary>Hint: iterate</summary>x = y; then x = y ^ (x >> k) again and again: each time k more bits are right.</details>
# <details><summary>Hint: how often?</summary>Until nothing changes, at most 32 / k times.</details>


# %%
def undo_right_shift(y, k):
    """The x with y == x ^ (x >> k)."""
    ### BEGIN SOLUTION
    x = y
    for _ in range(32 // k + 1):
        x = y ^ (x >> k)
    return x
    ### END SOLUTION


# %%
undo_right_shift = check("13.3", undo_right_shift)

# %% [markdown]
# The library undoes all four steps with yours in mind, and predicts the rest of any Twister, numpy's too:

# %%
assert undo_right_shift(0x12345678 ^ (0x12345678 >> 11), 11) == 0x12345678
source = np.random.RandomState(20_260)
outputs = source.randint(0, 2**32, 624, dtype=np.uint32)
predicted = recover_mt19937(outputs).predict(5)
print("predicted:", predicted.tolist())
print("it says:  ", source.randint(0, 2**32, 5, dtype=np.uint32).tolist())

# %% [markdown]
# ### The seed inside [10]
# In [10] no output is seen: they go into a shuffle, and a second permutation, by a Hénon orbit, lies on top. Three chosen pictures give both as one, $\sigma$ (lesson 08). Can they be pulled apart?
#
# A seed's first outputs say where the shuffle put the *last* places. Then $\sigma$ tells the **ranks** of the orbit's last states. Ranks are nearly values, and values of a Hénon orbit obey
#
# $$x_{t+1} = 1 - 1.4\,x_t^2 + 0.3\,x_{t-1}.$$
#
# The right seed obeys; a wrong one does not. And the Twister is seeded with 32 bits, whatever the key has.

# %% tags=["nbval-ignore-output"]
medical = systems.get("medical_hash", use_nonce=False)
truth = twister_seed(picture_key(KEY, b"", medical.labels([b""])[0]))  # only to choose a window
window = (0, 2**32) if SEEDS >= 2**32 else (max(0, truth - SEEDS // 2), truth + SEEDS // 2)
oracle = Oracle(medical, KEY, "as used")
_, order, _ = equivalent_key(oracle, big.shape, named("feedback_xor"))
seeds, cost = attacks.shuffle_seeds(order.numpy(), window)
minutes = cost["minutes_for_32_bits"]
print(f"{cost['keys_tried']:,} seeds tried in {cost['seconds']:.2f} s; all: {minutes:.1f} minutes")

# %% [markdown]
# What that gives:

# %%
print("seed found:", seeds == [truth], "| pictures asked for:", oracle.queries)
words = twister.MT19937(seeds[0]).random_uint32(3)
print("the shuffle of every picture under this key begins with", words.tolist())
assert seeds == [truth] and oracle.queries == 3

# %% [markdown]
# Third prediction: $2^{32}$, minutes on a laptop. (We tried the seeds around the right one; `SEEDS = 4_294_967_296` in the parameters cell tries all.) Lesson 09 did the same to a GAN's short seed. A cipher has the strength of its *smallest* secret.

# %% [markdown]
# ## 4. Guess instead of reading
# In [11] the key follows from the picture; published without a nonce. In [77] the AES key follows from the lungs' pixels. Both sound safe. But someone who has a *list* of pictures it might be does not need to read anything.

# %% [markdown]
# ### Exercise 13.4 · Which one was it?
# Difficulty ●○○ · 5 minutes · in: `encrypt`, `seen`, `candidates` uint8 `(K, C, H, W)` · out: int, or −1
#
# `encrypt` takes `(1, C, H, W)`.
# <details><summary>Hint: shape</summary>candidates[i : i + 1] keeps the batch dimension.</details>
# <details><summary>Hint: equal?</summary>torch.equal(encrypt(candidate), seen).</details>


# %%
def which(encrypt, seen, candidates):
    """The number of the candidate whose cipher image is ``seen``."""
    ### BEGIN SOLUTION
    for place in range(len(candidates)):
        if torch.equal(encrypt(candidates[place : place + 1]), seen):
            return place
    return -1
    ### END SOLUTION


# %%
which = check("13.4", which)

# %% [markdown]
# Against [11] with an encryption oracle; then against [77] with **none**: generator, salt and guess make the key, so she makes it herself and looks whether the tag fits.

# %%
for nonce in (False, True):
    chen = systems.get("chen_plaintext", use_nonce=nonce)
    seen = chen.encrypt(scans[5:6], KEY).as_images()
    answer = which(lambda p, chen=chen: chen.encrypt(p, KEY).as_images(), seen, scans)
    print(f"[11] {'with' if nonce else 'without'} a nonce: patient {answer}")
for seed_from in ("roi", "random"):
    lungs = systems.get("roi_aes", seed_from=seed_from)
    found = attacks.dictionary(lungs, KEY, scans[5:6], scans, "as used")
    print(f"[77] key from {seed_from}: patient {found.details['found']}, {found.queries} queries")

# %% [markdown]
# And [6] writes a hash of the plain picture on a public ledger:

# %%
labels = attacks.plain_hashes(scans[[4, 9, 4]])
print("ledger entries named:", attacks.ledger_guesses(labels, scans))
print("entries with the same picture:", attacks.equal_entries(labels))

# %% [markdown]
# −1 is what a sound cipher says. On the ledger the hash of the *ciphertext* would have done.

# %% [markdown]
# ## 5. The network is no secret
# "32 bits for each of 7.8 million weights": so some papers count their key space. Two questions. First: does a *nearly* right network decrypt?

# %%
noises = [10.0**power for power in range(-6, 0)]
figure, ax = plt.subplots(figsize=(6.4, 2.8))
for extraction in ("raw", "modular"):
    for seed in (0, 1, 2):
        cipher = systems.get("deepkeygen", extraction=extraction, seed=seed)
        rows = attacks.near_weights(cipher, scans[:1], KEY, noises, seed)
        colour = {"raw": "#D55E00", "modular": "#0072B2"}[extraction]
        label = extraction if seed == 0 else None
        ax.semilogx(noises, [row["psnr"] for row in rows], color=colour, label=label, marker=".")
        assert (rows[3]["psnr"] > 20) == (extraction == "raw")
ax.set(xlabel="relative error of every weight", ylabel="PSNR, dB", title="Nearly the right network")
ax.legend()
show(figure)

# %% [markdown]
# **Reading the figure.** Three trained networks each. With the published extraction a network whose weights are off by a *hundredth* still shows the picture (above 20 dB it is easily seen): all those weight vectors are one key. The modular extraction makes noise of any change, but then the weights are simply known: they are published, or trained again.
#
# Second question: where does the *secret picture* come from? From a public set of X-rays. Try them all, and keep the one that gives a picture. Not noise, that is: but what is a picture?

# %% [markdown]
# ### Exercise 13.5 · The smoothest
# Difficulty ●●○ · 6 minutes · in: uint8 `(K, 1, H, W)` · out: int
#
# Neighbours in a picture resemble each other. Take the one whose *mean absolute difference of horizontal neighbours* is least.
# <details><summary>Hint: 3 − 5 = 254</summary>uint8 wraps around: convert to int16 first.</details>
# <details><summary>Hint: neighbours</summary>p.diff(dim=-1).abs(), then the mean over all but the first dimension.</details>


# %%
def smoothest(pictures):
    """The number of the picture that looks like one."""
    ### BEGIN SOLUTION
    steps = pictures.to(torch.int16).diff(dim=-1).abs().double()
    return int(steps.mean(dim=(1, 2, 3)).argmin())
    ### END SOLUTION


# %%
smoothest = check("13.5", smoothest)

# %% [markdown]
# Weights known, the secret picture one of twelve public ones, the message a thirteenth:

# %%
keys = systems.get("deepkeygen", extraction="modular").keys
message = images.load("photos", size=64, count=1, colour=False).images
seen = message ^ keys.image_key(scans[8:9])
tried = seen ^ keys.image_key(scans)
best = smoothest(tried)
show_grid(
    torch.cat([seen, tried[[2, best]]]),
    labels=["cipher image", "source 2", f"source {best}"],
    size=1.5,
    title="Twelve keys in all",
)
assert best == 8 and torch.equal(tried[best : best + 1], message)

# %% [markdown]
# **Reading the figure.** Twelve tries, no known byte. The key space of the scheme was the list of pictures: $\log_2 12 = 3.6$ bits, not 250 million. A public set of 100,000 scans would make it 17.

# %% [markdown]
# ## Break it
# Now all of them, as published (fixed key, no nonce), each with its cheapest chosen-plaintext attack; beside it the same cipher with a nonce.

# %% tags=["gallery"]
plan = {
    "deepkeygen": (attacks.chosen_plaintext_xor, {}),
    "lsgan_rng": (attacks.chosen_plaintext_converge, {"plain_feedback": True}),
    "blockchain_gan": (attacks.chosen_plaintext_permutation_xor, {}),
    "dcgan_blocks": (attacks.chosen_plaintext_blocks, {}),
    "logistic_henon_sr": (attacks.chosen_plaintext_permutation_xor, {}),
    "medical_hash": (attacks.chosen_plaintext_feedback, {}),
}
rows, guesses = [], []
for name, (attack, options) in plan.items():
    fixed = attack(systems.get(name, use_nonce=False, **options), KEY, scans[:1], "as used")
    fresh = attack(systems.get(name, **options), KEY, scans[:1], "as used")
    guesses.append(fixed.shown)
    read = f"{100 * fixed.score:.1f} % by {fixed.queries}"
    row = {"system": name, "attack": fixed.name.removeprefix("chosen_plaintext_")}
    rows.append(row | {"read, by so many pictures": read, "with a nonce": "nothing"})
    assert fixed.score > 0.97 and fresh.score < 0.03
show_grid(torch.cat(guesses), labels=list(plan), ncols=6, size=1.15, title="Read without the key")
show_table(rows, title="Chosen pictures against every scheme as published")

# %% [markdown]
# Three are missing. [7] and [8] hide the picture from chosen plaintexts, and [76] encrypts the codes of a network: but without a nonce each still *names* its picture, and [76]'s codec is public, so known pictures are known codes.

# %%
for name in ("immense_random", "feistel_gan", "chen_plaintext"):
    fixed = attacks.dictionary(
        systems.get(name, use_nonce=False), KEY, scans[3:4], scans, "as used"
    )
    fresh = attacks.dictionary(systems.get(name), KEY, scans[3:4], scans, "as used")
    print(
        f"{name:15} named patient {fixed.details['found']}, with a nonce {fresh.details['found']}"
    )
codec = systems.get("gan_compression", use_nonce=False)
large = images.load("xrays", size=128, count=12, colour=False).images
found = attacks.known_codes(codec, KEY, large[:1], large[1:], "public codec")
print(f"gan_compression {100 * found.score:.1f} % of the codes, {found.queries} known pictures")

# %% [markdown]
# ### Repair it
# What is missing everywhere is not a better GAN. It is (1) a fresh **nonce**, and (2) a **tag** over header and cipher image, checked *before* anything is decrypted: *encrypt, then MAC*. Here is how a colleague checks the tag. She tested it with genuine files and with other keys, and found nothing wrong.


# %%
def opened_broken(content, tag, key):
    """The content, or an error. Find the bug."""
    right = hmac.digest(key, content, "sha256")
    if any(a != b for a, b in zip(right, tag, strict=False)):
        raise IntegrityError("content: not what was sealed")
    return content


# %% [markdown]
# ### Exercise 13.6 · Find the bug
# Difficulty ●●○ · 8 minutes · in: `content`, `tag`, `key`, bytes · out: `content`, or `IntegrityError`
#
# What does it say to a tag of *no* bytes? Of one? And how long does it take?
# <details><summary>Hint: a short tag</summary>zip stops at the shorter one: a tag of one byte is right once in 256 tries.</details>
# <details><summary>Hint: comparing</summary>hmac.compare_digest(a, b) looks at the length, and takes as long for wrong first bytes as for wrong last ones.</details>


# %%
def opened_if_genuine(content, tag, key):
    """The content, or ``IntegrityError`` if the tag is not its own."""
    ### BEGIN SOLUTION
    if not hmac.compare_digest(hmac.digest(key, content, "sha256"), tag):
        raise IntegrityError("content: its tag is not the one expected; changed, or another key")
    return content
    ### END SOLUTION


# %%
opened_if_genuine = check("13.6", opened_if_genuine)

# %% [markdown]
# ## Results
# Your check around the weakest of them, with a key of its own for the tag:

# %%
tag_key = hashlib.sha256(b"tag" + KEY).digest()
file = systems.get("deepkeygen", extraction="modular").encrypt(scans[:1], KEY).to_bytes()
tag = hmac.digest(tag_key, file, "sha256")
assert opened_if_genuine(file, tag, tag_key) == file
for place in (20, len(file) // 2, len(file) - 1):
    forged = bytearray(file)
    forged[place] ^= 1
    try:
        opened_if_genuine(bytes(forged), tag, tag_key)
    except IntegrityError as problem:
        print(f"byte {place:5}:", str(problem)[:52], "…")

# %% [markdown]
# Section 2's attacker now gets no answer at all. With nonce and tag DeepKeyGen is a stream cipher whose strength is that of HKDF and ChaCha20, which draw its secret picture from the key: the GAN in between costs a second of work and adds nothing. That is the honest result of lessons 09 to 13.

# %% [markdown]
# ## Play with it
# Choose a system, an attack, a setting. Which pairs read something?

# %%
TRIED = {
    "two-time pad": lambda *given: attacks.two_time_pad(*given[:3], scans[1:2], given[3]),
    "chosen plaintext": attacks.chosen_plaintext_permutation_xor,
    "chained": attacks.chosen_plaintext_feedback,
    "blocks": attacks.chosen_plaintext_blocks,
    "chosen ciphertext": attacks.chosen_ciphertext,
}


def attempt(system="medical_hash", attack="chained", nonce=False, picture_in_key=False):
    """What the attacker sees at the end."""
    cipher = systems.get(system, use_nonce=nonce, plaintext_related=picture_in_key)
    setting = "chosen ciphertexts" if attack == "chosen ciphertext" else "as used"
    found = TRIED[attack](cipher, KEY, scans[:1], setting)
    title = f"{100 * found.score:.1f} % read, {found.queries} queries"
    seen = cipher.encrypt(scans[:1], KEY).as_images()
    pictures = torch.cat([scans[:1], seen, found.shown])
    return grid_figure(pictures, labels=["plain", "cipher image", "read"], size=1.6, title=title)


menu = ["medical_hash", *(name for name in plan if name != "medical_hash"), "immense_random"]
explore(attempt, system=menu, attack=list(TRIED), nonce=False, picture_in_key=False)

# %% [markdown]
# ## Recap
# - A key used twice is ⊕-ed away (13.1).
# - A receiver who decrypts anything reads the picture for her (13.2), nonce or not.
# - The smallest secret counts: 32 bits of a Twister (13.3), a list of guesses (13.4), a set of secret pictures (13.5).
# - Weights are no key: nearly right ones decrypt, and right ones get known.
# - Nonce and tag (13.6) repair what can be repaired, and AES-GCM has both.
#
# **Typical mistakes**
# - *"No attack of ours read it."* Six of eleven fall to three pictures; the others needed other attackers.
# - *Checking the tag after decrypting.* The receiver has answered already.
# - *One key for cipher and tag.* Derive two.

# %%
progress()
hint("13.3")  # one hint at a time; reveal("13.3") shows the reference

# %% [markdown]
# ## Quiz
# 1. Why does a fresh nonce not stop chosen ciphertexts?
#    <details><summary>Answer</summary>The attacker sends the victim's nonce again; the receiver has no way to tell.</details>
# 2. How many decryptions number the bits of a 512 × 512 picture?
#    <details><summary>Answer</summary>2²¹ bits: 21, and one of zeros.</details>
# 3. Would 64-bit seeding save [10]'s Twister?
#    <details><summary>Answer</summary>From the search, yes. Not from 624 outputs, if any are ever seen.</details>
# 4. Why is the salt in [77] no help against the dictionary?
#    <details><summary>Answer</summary>It is public: it stops tables made beforehand, not guesses made afterwards.</details>
# 5. What would make an image-to-image generator's key 256 bits strong?
#    <details><summary>Answer</summary>A secret picture drawn from a random 256-bit key. Then the key is that, and the network ornament.</details>

# %% [markdown]
# ## References
# - Wen, Lin, Feng, *Cryptanalyzing a bit-level image encryption*, JESTECH 51, 2024: 37 chosen ciphertexts.
# - Hu, Yu, Zhang, Mathematical Problems in Engineering 2020, 5747082: bit-level ciphers as permutation and diffusion.
# - Li, Lo, Signal Processing 91(4), 2011: permutation-only ciphers.
# - Matsumoto, Nishimura, *Mersenne Twister*, ACM TOMACS 8(1), 1998: "not for cryptography".
# - Bellare, Namprempre, *Authenticated encryption*, Journal of Cryptology 21, 2008: encrypt, then MAC.
# - [4]–[11] of Mhawi et al. 2024; [73], [76], [77] of Singh et al. 2024.
