# %% [markdown]
# # 06 · Avalanche
# Change one bit, and everything should change. You measure it with NPCR and UACI, learn what these two figures can mean (and when a perfect
# cipher must fail them), count the bits of a key that do something, and read a cipher whose avalanche is perfect, with **one** chosen picture.
#
# | minutes | needs | papers |
# |---|---|---|
# | 65 | lesson 05 | survey (Singh et al. 2024), Tables 4 and 8 |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **compute** NPCR (06.1) and **repair** a UACI (06.2);
# - **derive** the lowest NPCR that chance allows, for any size (06.3), and judge published figures with it;
# - **flip** key bits (06.4) and **count** those that do something (06.5);
# - **break** a cipher with a perfect avalanche (06.6), and see a picture forged without a key.

# %% [markdown]
# ## Threat box
# - **Who attacks?** First a *forger* on the line, who may change cipher images. At the end an attacker with an *encryption oracle*: she
#   may have one picture of her choice encrypted (a shared camera, a cloud service).
# - **What do they know?** The algorithm, not the key.
# - **What counts as broken?** A pixel read, or a forged picture accepted.
# - **Not shown here:** attacks on permutations (lesson 08) and on GAN ciphers (lesson 13).

# %%
from dataclasses import replace
from statistics import NormalDist

import matplotlib.pyplot as plt
import torch

from gansec_lib import images, metrics, systems
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.ciphers.substitute import AES_SBOX
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.errors import IntegrityError
from gansec_lib.scorecards.cipher.avalanche import flip_one_bit
from gansec_lib.scorecards.cipher.key_space import key_space
from gansec_lib.scorecards.cipher.robustness import damage
from gansec_lib.scorecards.measuring import flip_key_bit
from gansec_lib.show.figures import grid_figure, show, show_grid, show_table
from gansec_lib.show.widgets import explore
from gansec_lib.survey.printed import printed

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("06", PROFILE, SEED)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. AES-GCM, twice the same nonce, one bit of the picture changed. How many bytes of the cipher image change?
# 2. A paper reports UACI = 36.48 % and calls it better than 33.46 %. Is it?
# 3. Cipher A shows a blurred picture after a quarter of the cipher was cut off, cipher B refuses. Which one is safer?

# %% [markdown]
# ## 1. One bit in, how much out?
# Take a picture, flip one bit of one pixel, encrypt both. **NPCR** is the share of cipher bytes that differ, **UACI** how far apart they are:
#
# $$\text{NPCR} = \frac{100}{n} \sum_i [c_i \ne c'_i] \;\%, \qquad \text{UACI} = \frac{100}{n} \sum_i \frac{|c_i - c'_i|}{255} \;\%$$
#
# Here are three ciphers, each with its nonce held fixed (the laboratory setting of the papers): AES-GCM, a permutation with one-way feedback, and the
# hyperchaotic two-way cipher whose keystream also depends on the picture.

# %%
photos = images.load("photos", size=256, count=4, colour=False).images
key = bytes(range(32))
ciphers = {
    "AES-GCM": systems.get("aes_gcm"),
    "feedback": targets.PermutationFeedback(),
    "two-way": systems.get("hyperchen_two_way", plaintext_related=True),
}


def encrypt(name, plain, key=key, nonce=1):
    cipher = ciphers[name]
    nonce = nonce.to_bytes(cipher.nonce_length, "big")
    return cipher.encrypt(plain, key[: cipher.key_length], nonce=nonce).as_images()


twins = flip_one_bit(photos, seed=SEED)
print("bytes that differ before encryption:", (photos != twins).flatten(1).sum(1).tolist())

# %% [markdown]
# Shape check: one byte in each of the four pictures. And after encryption, $|c - c'|$ of one of them:

# %% tags=["gallery"]
gaps = [(encrypt(name, photos).int() - encrypt(name, twins).int()).abs()[1] for name in ciphers]
tiles = torch.stack([photos[1], *[gap.to(torch.uint8) for gap in gaps]])
show_grid(
    tiles, labels=["plain", *ciphers], size=1.4, title="One bit of the picture: what changes?"
)

# %% [markdown]
# **Reading the figure.** Black is *unchanged*. AES-GCM: one byte, too small to see. Feedback: everything behind the changed place, nothing before it. Two-way: everything.
# Is the third one the best cipher and AES the worst? Keep that question.

# %% [markdown]
# ### Exercise 06.1 · NPCR
# Difficulty ●○○ · 5 minutes · in: two uint8 `(N, C, H, W)` · out: float64 `(N,)`, percent
#
# <details><summary>Hint: the result lies between 0 and 1</summary>Percent: times 100.</details>
# <details><summary>Hint: the shape is ()</summary>Average over C, H and W, not over the pictures.</details>


# %%
def npcr(first, second):
    """Share of bytes that differ, in percent."""
    ### BEGIN SOLUTION
    return 100 * (first != second).double().mean(dim=(1, 2, 3))
    ### END SOLUTION


# %%
npcr = check("06.1", npcr)

# %% [markdown]
# The UACI below is a colleague's. It says 50 % for two independent noise pictures. It is wrong in **two** ways.


# %%
def uaci_broken(first, second):
    """Mean distance of the bytes, in percent of the largest one. Find the bugs."""
    return 100 * (first - second).double().mean(dim=(1, 2, 3)) / 256


# %% [markdown]
# ### Exercise 06.2 · Find the bug
# Difficulty ●●○ · 6 minutes · in: two uint8 `(N, C, H, W)` · out: float64 `(N,)`, percent
#
# Black against white must give 100 %, both ways round.
# <details><summary>Hint: black − white is 1</summary>uint8 wraps around: convert first, then subtract, then abs().</details>
# <details><summary>Hint: 99.6 % for black against white</summary>The largest distance of two bytes is 255.</details>


# %%
def uaci(first, second):
    """Mean distance of the bytes, in percent of the largest one."""
    ### BEGIN SOLUTION
    return 100 * (first.double() - second.double()).abs().mean(dim=(1, 2, 3)) / 255
    ### END SOLUTION


# %%
uaci = check("06.2", uaci)

# %% [markdown]
# Both figures of the three ciphers, lowest to highest of four pictures. The library's functions give the same numbers.

# %%
rows = []
for name in ciphers:
    pair = encrypt(name, photos), encrypt(name, twins)
    assert torch.allclose(npcr(*pair), metrics.npcr_values(*pair))
    assert torch.allclose(uaci(*pair), metrics.uaci_values(*pair))
    n, u = npcr(*pair), uaci(*pair)
    rows.append(
        {
            "cipher": name,
            "NPCR, %": f"{n.min():.4f} to {n.max():.4f}",
            "UACI, %": f"{u.min():.4f} to {u.max():.4f}",
        }
    )
show_table(rows, title="one bit of the picture flipped, nonce held")

# %% [markdown]
# ## 2. What does chance give?
# Two independent noise pictures agree in one byte of 256, so NPCR is $100 \cdot \tfrac{255}{256} = 99.6094\,\%$ on average: *not* 100. Each byte is a coin with
# that chance, and $n$ of them spread the mean by
#
# $$\sigma = \frac{100}{256}\sqrt{\frac{255}{n}} \;\%$$
#
# For UACI the mean is $100 \cdot \frac{257}{768} = 33.4635\,\%$ (Wu, Noonan, Agaian 2011). The farther from it, on *either* side, the less like noise.

# %% [markdown]
# ### Exercise 06.3 · The lowest NPCR that chance allows
# Difficulty ●●○ · 8 minutes · in: number of bytes `n`, level `alpha` · out: percent (float)
#
# Noise falls below your value with probability `alpha` (one side, normal approximation). `NormalDist().inv_cdf(p)` is the quantile of a standard normal.
# <details><summary>Hint: larger than the mean</summary>mean − z σ, with z = NormalDist().inv_cdf(1 − alpha).</details>
# <details><summary>Hint: it does not depend on n</summary>σ = 100/256 · √(255/n).</details>


# %%
def lowest_npcr(n, alpha=0.05):
    """NPCR that two noise pictures of n bytes miss with probability alpha."""
    ### BEGIN SOLUTION
    sigma = 100 / 256 * (255 / n) ** 0.5
    return 100 * 255 / 256 - NormalDist().inv_cdf(1 - alpha) * sigma
    ### END SOLUTION


# %%
lowest_npcr = check("06.3", lowest_npcr)

# %% [markdown]
# Compare with 200 pairs of AES pictures of each size, and with what papers print.

# %%
sizes = [64, 128, 256, 512]
pairs = {}
for side in sizes:
    noise = encrypt("AES-GCM", torch.zeros(100, 1, side, side, dtype=torch.uint8), nonce=2)
    pairs[side] = noise[:50], noise[50:]
below = sum((npcr(*pairs[s]) < lowest_npcr(s * s)).sum().item() for s in sizes)
outside = sum(
    sum(not low < v < high for v in uaci(*pairs[s]))
    for s in sizes
    for low, high in [metrics.uaci_critical(s * s, 0.05)]
)
print(f"of 200 pairs of noise, below the NPCR limit: {below}, outside the UACI window: {outside}")
assert below < 25 and outside < 25

# %% [markdown]
# About ten of 200 each, as the 5 % level promises. As pictures, with the survey's Table 8:

# %%
papers = {"[76]": "gan_compression", "[6]": "blockchain_gan", "[5]": "lsgan_rng"}
claims = {paper: printed(name, "uaci_nonce_held") for paper, name in papers.items()}
lows = [printed(name, "uaci_nonce_held") for name in ("deepkeygen", "[69]")]
claims["[4] {:.1f}, [69] {:.1f} ↓".format(*lows)] = 31.6  # where the words stand
figure, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.0))
for side in sizes:
    left.plot([side] * 50, npcr(*pairs[side]), ".", ms=3, color="#0072B2")
    right.plot([side] * 50, uaci(*pairs[side]), ".", ms=3, color="#0072B2")
left.plot(sizes, [lowest_npcr(s * s) for s in sizes], color="#D55E00", label="5 % limit")
window = [metrics.uaci_critical(s * s, 0.05) for s in sizes]
right.fill_between(sizes, *zip(*window, strict=True), alpha=0.3, color="#D55E00", label="95 of 100")
for name, value in claims.items():
    right.axhline(value, ls=":", lw=1, color="#555555", alpha=name.count("[") == 1)
    words = name if "↓" in name else f"{name} {value}"
    right.text(280, value + 0.05, words, fontsize=7, va="bottom")
for ax, name in ((left, "NPCR, %"), (right, "UACI, %")):
    ax.set(xscale="log", xticks=sizes, xticklabels=sizes, xlabel="side", title=name)
    ax.minorticks_off()
    ax.legend(fontsize=7, loc="lower right" if ax is left else (0.55, 0.68))
show(figure)

# %% [markdown]
# **Reading the figure.** Every dot is a pair of AES pictures. NPCR = 99.45 % is fine at 64 × 64 and a failure at 512 × 512. Second prediction: **no**. 36.48 % [76] is as far from noise as
# it looks, and 20.87 % [4] farther. An ideal cipher of any usual size stays inside the orange band.

# %% [markdown]
# ## 3. Which bit was it?
# "NPCR = 99.6 %" is worth nothing until we know *what* was changed. Three experiments, and papers mix them up:
# - a bit of the **picture**, the nonce held: the *differential* property;
# - a bit of the picture, **fresh nonces**: the system in use;
# - a bit of the **key**: key sensitivity.

# %% [markdown]
# ### Exercise 06.4 · Flip a key bit
# Difficulty ●○○ · 6 minutes · in: `bytes`, bit number · out: `bytes` of the same length
#
# Bit 0 is the lowest bit of the first byte, bit 8 the lowest of the second. The key that came in stays as it was.
# <details><summary>Hint: bytes cannot be changed</summary>bytearray(key) is a copy that can; bytes(…) turns it back.</details>
# <details><summary>Hint: which byte, which bit?</summary>bit // 8 and 1 << bit % 8, with ^= to flip.</details>


# %%
def flip_bit(key, bit):
    """The key with one bit flipped."""
    ### BEGIN SOLUTION
    changed = bytearray(key)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
    ### END SOLUTION


# %%
flip_bit = check("06.4", flip_bit)

# %% [markdown]
# All three experiments on all three ciphers, mean NPCR of the four pictures:

# %%
assert flip_bit(key, 77) == flip_key_bit(key, 77)
rows = []
for name in ciphers:
    before = encrypt(name, photos)
    tried = {
        "picture bit, nonce held": encrypt(name, twins),
        "picture bit, fresh nonce": encrypt(name, twins, nonce=9),
        "key bit, nonce held": encrypt(name, photos, flip_bit(key, 77)),
    }
    found = {k: f"{npcr(before, after).mean().item():.4f}" for k, after in tried.items()}
    rows.append({"cipher": name} | found)
show_table(rows, title="NPCR, %; noise: 99.6094")
assert float(rows[0]["picture bit, nonce held"]) < 0.002
assert float(rows[0]["picture bit, fresh nonce"]) > 99.5

# %% [markdown]
# First prediction: **one** byte of 65,536, NPCR 0.0015 %. AES-GCM fails the differential test, and *rightly so*: a stream cipher with one nonce twice is misuse, and the test
# looks at misuse. With a fresh nonce, as it is used, it passes. *A good cipher fails a badly used test.*
#
# The feedback cipher takes no nonce at all: its second column equals its first. The two-way cipher passes everything.

# %% [markdown]
# ## 4. How long is a key?
# Papers multiply the decimals of their parameters: "key space $10^{60}$". Here is a cipher with a 256-bit key: its first 8 bytes are a starting point of the logistic map
# $x' = 3.99\,x(1-x)$, whose orbit is the keystream.


# %%
def orbit_cipher(plain, key):
    """XOR with the bytes of a logistic orbit; the key is 32 bytes long."""
    x = 0.1 + 0.8 * int.from_bytes(key[:8], "big") / 2**64
    stream = bytearray()
    for _ in range(200 + plain.numel()):
        x = 3.99 * x * (1 - x)
        stream.append(int(x * 2**40) & 255)
    keystream = torch.frombuffer(stream[200:], dtype=torch.uint8)
    return plain ^ keystream.reshape(plain.shape)


flipped = orbit_cipher(photos[:1], flip_bit(key, 3))
print(f"NPCR of one key bit: {npcr(orbit_cipher(photos[:1], key), flipped).item():.2f} %")

# %% [markdown]
# A perfect key sensitivity, for *that* bit. Try them all.

# %% [markdown]
# ### Exercise 06.5 · Bits that do something
# Difficulty ●●○ · 8 minutes · in: `cipher(plain, key)`, a picture, a key (`bytes`) · out: a whole number
#
# How many of the key's bits change the cipher image when flipped, one at a time?
# <details><summary>Hint: always 0 or always all</summary>Compare whole pictures: torch.equal(a, b).</details>
# <details><summary>Hint: how many bits?</summary>8 * len(key); your flip_bit does the rest.</details>


# %%
def living_bits(cipher, plain, key):
    """How many key bits change the cipher image."""
    ### BEGIN SOLUTION
    before = cipher(plain, key)
    return sum(
        not torch.equal(before, cipher(plain, flip_bit(key, bit))) for bit in range(8 * len(key))
    )
    ### END SOLUTION


# %%
living_bits = check("06.5", living_bits)

# %% [markdown]
# A small picture is enough for this.

# %%
small = photos[:1, :, :16, :16].contiguous()
alive = living_bits(orbit_cipher, small, key)
print(f"the orbit cipher: {alive} of 256 key bits do something")
aes = key_space(ciphers["AES-GCM"])["key_space_effective"]
print(f"AES-256-GCM: {aes.value:.0f} of 256")
assert alive < 64 and aes.value == 256

# %% [markdown]
# 24 bytes of the key are never read, and a double has 53 bits of precision: the rest is rounded away. The effective key is **at most** what you counted. (At most: flipping one bit at a time
# cannot see that two keys share a keystream.) Ask of every "key space $2^{256}$": where do the bits go?

# %% [markdown]
# ## 5. Noise, scissors and forgers
# Many papers praise *robustness*: cut off a quarter of the cipher image, decrypt, and the picture is still there. Let us do it, to four ciphers.

# %%
receivers = {
    "XOR stream": targets.XorStream(),
    "shuffle + XOR": targets.PermutationXor(),
    "feedback": targets.PermutationFeedback(),
    "two-way": ciphers["two-way"],
    "AES-GCM": ciphers["AES-GCM"],
}
refused_tile = torch.full_like(photos[:1], 200)


def carrying(sent, pictures):
    """The same file with other cipher pixels in it."""
    return replace(sent, payload=pictures.flatten())


def through_noise(cipher, kind, strength):
    """What the receiver sees after the cipher image was damaged on its way."""
    sent = cipher.encrypt(photos[1:2], key[: cipher.key_length], nonce=bytes(cipher.nonce_length))
    hurt = carrying(sent, damage(sent.as_images(), kind, strength))
    try:
        return cipher.decrypt(hurt, key[: cipher.key_length])
    except IntegrityError:
        return refused_tile


# %% [markdown]
# Two damages, five receivers; a grey tile means *refused*.

# %%
kinds = {"5 % salt": ("salt_and_pepper", 0.05), "a quarter cut": ("crop", 0.25)}
received = [through_noise(c, *kind) for kind in kinds.values() for c in receivers.values()]
labels = [f"{name}\n{kind}" for kind in kinds for name in receivers]
show_grid(torch.cat(received), ncols=5, labels=labels, size=1.2, title="After the damage")

# %% [markdown]
# **Reading the figure.** XOR keeps the damage where it was. A shuffle spreads the hole over the whole picture: as many wrong pixels, easier on the
# eye. Feedback only doubles an error, and the two-way cipher triples it, although *encrypting* spreads every bit: to decrypt, a byte needs no more than its
# cipher neighbours. (Its hole falls into blocks: the flow that sorts rows and columns moves smoothly, a weak shuffle.) Nobody noticed that the picture was damaged, except AES-GCM, which hands out nothing.

# %% [markdown]
# Now the other side of *robust*. A forger changes the cipher image of the XOR stream so that the receiver sees what she likes. She needs no key, only a guess
# of the old pixels: here that a corner of the photograph is nearly uniform sky.

# %%
cipher = receivers["XOR stream"]
sent = cipher.encrypt(photos[1:2], key[: cipher.key_length])
stamp = torch.zeros_like(photos[1:2])
stamp[:, :, 24:32, 24:104] = 128
stamp[:, :, 24:104, 24:32] = 128
forged = carrying(sent, sent.as_images() ^ stamp)
seen = cipher.decrypt(forged, key[: cipher.key_length])
aes_sent = ciphers["AES-GCM"].encrypt(photos[1:2], key)
try:
    ciphers["AES-GCM"].decrypt(carrying(aes_sent, aes_sent.as_images() ^ stamp), key)
    answer = "accepted"
except IntegrityError:
    answer = "refused"
print("XOR stream: accepted, pixels forged as wished:", torch.equal(seen, photos[1:2] ^ stamp))
print("AES-GCM:   ", answer)
assert answer == "refused" and torch.equal(seen, photos[1:2] ^ stamp)

# %% [markdown]
# Third prediction: the cipher that **refuses**. "Decrypts in spite of changes" and "detects changes" are opposites. Who needs robustness puts an error-correcting code *around* an
# authenticated cipher.

# %%
show_grid(
    torch.cat([photos[1:2], sent.as_images(), seen, refused_tile]),
    labels=["sent", "cipher image", "received: forged", "AES-GCM: refused"],
    size=1.4,
    title="Robust means forgeable",
)

# %% [markdown]
# ## Break it
# The **avalanche machine**. XOR with a good keystream, then two passes, forwards and backwards, in which each byte depends on the two before it through two published S-boxes:
#
# $$u_i = p_i \oplus k_i, \qquad c_i = u_i \oplus S[c_{i-1}] \oplus T[c_{i-2}]$$

# %%
S = list(AES_SBOX.tolist())
T = torch.randperm(256, generator=torch.Generator().manual_seed(1)).tolist()


def chain(flat):
    """One pass: every byte depends on the two cipher bytes before it."""
    out, last, before = [], 0, 0
    for value in flat.tolist():
        last, before = value ^ S[last] ^ T[before], last
        out.append(last)
    return torch.tensor(out, dtype=torch.uint8)


def unchain(flat):
    """The pass undone; no key is needed."""
    s, t = torch.tensor(S, dtype=torch.uint8), torch.tensor(T, dtype=torch.uint8)
    past = torch.cat([torch.zeros(2, dtype=torch.uint8), flat]).long()
    return flat ^ s[past[1:-1]] ^ t[past[:-2]]


# %% [markdown]
# The keystream is AES's, the key 256 bits. Nothing is weak here but the plan.


# %%
def machine(plain, key):
    """Keystream, a pass forwards, a pass backwards; one picture (1, C, H, W)."""
    stream = encrypt("AES-GCM", torch.zeros_like(plain), key)
    mixed = chain((plain ^ stream).flatten())
    return chain(mixed.flip(0)).flip(0).reshape(plain.shape)


def undo_passes(cipher):
    """What anyone can take away without a key."""
    return unchain(unchain(cipher.flatten().flip(0)).flip(0)).reshape(cipher.shape)


secret = torch.cat([machine(photo[None], key) for photo in photos])
assert torch.equal(undo_passes(secret[:1]) ^ undo_passes(machine(photos[:1] * 0, key)), photos[:1])

# %% [markdown]
# Every figure of lessons 05 and 06, at the 0.1 % level:

# %%
changed = torch.cat([machine(twin[None], key) for twin in twins])
other_key = torch.cat([machine(photo[None], flip_bit(key, 77)) for photo in photos])
verdicts = {
    "χ²": metrics.chi_square(secret, 0.001),
    "entropy": metrics.entropy(secret, 0.001),
    **{d: metrics.adjacent_correlation(secret, d, 0.001) for d in metrics.DIRECTIONS},
    "NPCR, picture bit": metrics.npcr(secret, changed, 0.001, side="two"),
    "UACI, picture bit": metrics.uaci(secret, changed, 0.001),
    "NPCR, key bit": metrics.npcr(secret, other_key, 0.001, side="two"),
    "UACI, key bit": metrics.uaci(secret, other_key, 0.001),
}
for name, metric in verdicts.items():
    print(f"{name:18} {metric.text:>12}   {metric.verdict}")
assert all(metric.verdict == "pass" for metric in verdicts.values())

# %% [markdown]
# A better avalanche than AES-GCM with a held nonce. Now think like an attacker. The passes carry no key: she undoes them. What is left is $u = p \oplus k$. And the keystream $k$ is the same for
# every picture.

# %% [markdown]
# ### Exercise 06.6 · One chosen picture
# Difficulty ●●● · 10 minutes · in: victim's cipher image, cipher image of a black picture, `undo(cipher)` · out: the plain picture, uint8
#
# `undo` takes the key-free passes away. Black is all zeros: what is `undo` of its cipher image?
# <details><summary>Hint: start with black</summary>undo(black) = 0 ⊕ k: the whole keystream.</details>
# <details><summary>Hint: it is noise</summary>Undo the passes of both pictures *before* the ⊕: a pass is not linear.</details>


# %%
def read_picture(victim, black, undo):
    """The victim's picture, from its cipher image and that of a black picture."""
    ### BEGIN SOLUTION
    return undo(victim) ^ undo(black)
    ### END SOLUTION


# %%
read_picture = check("06.6", read_picture)

# %% [markdown]
# **The attack, with controls.** Positive: the machine. Negative: AES-GCM as it is used, a fresh nonce for each picture (its passes are none).

# %%
black = torch.zeros_like(photos[1:2])
opened = read_picture(secret[1:2], machine(black, key), undo_passes)
real = ciphers["AES-GCM"]
shots = [real.encrypt(picture, key).as_images() for picture in (photos[1:2], black)]
attempt = read_picture(*shots, lambda cipher: cipher)
guessed = (attempt == photos[1:2]).double().mean().item()
print("the machine, bytes read:", f"{100 * (opened == photos[1:2]).double().mean().item():.0f} %")
print("AES-GCM read:", guessed > 0.01)
assert torch.equal(opened, photos[1:2]) and guessed < 0.01

# %% [markdown]
# Plain, cipher, what she read, and what the same attack makes of AES-GCM:

# %%
show_grid(
    torch.cat([photos[1:2], secret[1:2], opened, attempt]),
    labels=["plain", "machine's cipher", "read, 1 query", "AES-GCM: noise"],
    size=1.4,
    title="Perfect avalanche, one query",
)

# %% [markdown]
# **Reading the figure.** The third tile is the first. NPCR and UACI ask how a change *spreads*. They do not ask whether the spreading needs the key. Diffusion that anyone can undo adds nothing.

# %% [markdown]
# ## Results
# Measured here, nonce held, one bit of the picture; published figures beside; possible is noise.


# %%
def figures_of(name, first, second, by):
    n, u = npcr(first, second).mean().item(), uaci(first, second).mean().item()
    return {"cipher": name, "NPCR, %": f"{n:.4f}", "UACI, %": f"{u:.4f}", "opened by": by}


opened_by = ["1 query, if a nonce repeats", "3 queries (08)", "not here"]
rows = [
    figures_of(name, encrypt(name, photos), encrypt(name, twins), by)
    for name, by in zip(ciphers, opened_by, strict=True)
]
rows.append(figures_of("machine", secret, changed, "1 query, always"))
for paper, name in {"[4]": "deepkeygen", "[5]": "lsgan_rng"}.items():
    said = [f"{printed(name, f'{what}_nonce_held'):.2f}" for what in ("npcr", "uaci")]
    rows.append({"cipher": f"published {paper}", "NPCR, %": said[0], "UACI, %": said[1]})
rows.append({"cipher": "possible (noise)", "NPCR, %": "99.6094", "UACI, %": "33.4635"})
show_table(rows)
assert 99.5 < npcr(secret, changed).mean() < 99.7

# %% [markdown]
# ## Play with it
# Drag a key bit and watch the avalanche; cut a part of the cipher and see what the receiver gets. Which cipher forgives, which refuses?


# %%
def play(cipher="shuffle + XOR", key_bit=5, cut=25):
    """The change of the cipher image, the picture under a wrong key, and after a cut."""
    used = receivers[cipher]
    own = key[: used.key_length]
    sent = used.encrypt(photos[1:2], own)
    other = used.encrypt(photos[1:2], flip_bit(own, key_bit), nonce=sent.nonce or None)
    gap = (sent.as_images().int() - other.as_images().int()).abs().to(torch.uint8)

    def received(what, with_key):
        try:
            return used.decrypt(what, with_key)
        except IntegrityError:
            return refused_tile

    hurt = carrying(sent, damage(sent.as_images(), "crop", cut / 100))
    tiles = [gap, received(sent, flip_bit(own, key_bit)), received(hurt, own)]
    labels = [
        f"NPCR {npcr(sent.as_images(), other.as_images()).item():.2f} %",
        "wrong key",
        f"{cut} % cut",
    ]
    return grid_figure(torch.cat([photos[1:2], *tiles]), labels=["plain", *labels], size=1.4)


explore(play, cipher=list(receivers), key_bit=(0, 127), cut=(0, 75, 5))

# %% [markdown]
# ## Recap
# - NPCR counts changed bytes (06.1), UACI their distance (06.2). Noise gives 99.61 % and 33.46 %, more is not better (06.3).
# - Say *which* bit was flipped: picture or key (06.4), nonce held or fresh.
# - A key is as long as the bits that do something (06.5), at most.
# - Robust against damage means open to forgery; authenticated ciphers refuse.
# - Spreading without a key is no protection (06.6).
#
# **Typical mistakes**
# - *UACI of 50 %*: uint8 wrapped around, or no absolute value.
# - *"NPCR 99.6 %" for an XOR cipher*: they flipped a key bit, or compared plain with cipher.
# - *A fixed limit for every size*: 99.45 % passes at 64 × 64 only.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. NPCR is 100.00 % over 65,536 bytes. Good?
#    <details><summary>Answer</summary>No. Noise agrees in 256 of them. A structure keeps every byte different.</details>
# 2. Why can an XOR stream with a held nonce never reach NPCR 99.6 % for a picture bit?
#    <details><summary>Answer</summary>c ⊕ c' = p ⊕ p': exactly the bytes change that changed in the picture.</details>
# 3. A cipher passes for key bit 0. What do you know about bit 200?
#    <details><summary>Answer</summary>Nothing. Flip them all.</details>
# 4. After a cut, shuffle + XOR looks better than XOR. Are fewer pixels wrong?
#    <details><summary>Answer</summary>No, the same number, in other places.</details>
# 5. What would save the avalanche machine?
#    <details><summary>Answer</summary>A nonce, so that k is fresh for every picture; then the passes are not needed at all.</details>

# %% [markdown]
# Stuck? `hint("06.5")` shows one hint at a time, `reveal("06.5")` the reference.

# %%
hint("06.5")

# %% [markdown]
# ## References
# - Wu, Noonan, Agaian, *NPCR and UACI randomness tests for image encryption*, J. Selected Areas in Telecommunications, 2011.
# - Alvarez, Li, *Some basic cryptographic requirements for chaos-based cryptosystems*, Int. J. Bifurcation and Chaos 16(8), 2006.
# - Li, Li, Chen, Bourbakis, Lo, *A general quantitative cryptanalysis of permutation-only multimedia ciphers*, Signal Processing: Image Communication 23(3), 2008.
# - O. P. Singh, K. N. Singh, A. K. Singh, Agrawal, *Deep learning-based image encryption techniques: Fundamentals, current trends, challenges and future directions*, Neurocomputing, 2024, Tables 4 and 8.
