# %% [markdown]
# # 11 · Whole ciphers around a GAN key
# Five papers wrap five different ciphers around the bytes of a GAN. You build the hearts of three, put all five on one table of published, measured and possible, and then read one of them with three pictures of your own.
#
# | minutes | needs | papers |
# |---|---|---|
# | 75 | lessons 06, 08, 09 | [5], [7], [8], [11], [73] |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **cut** a keystream into the parts of a schedule (11.1);
# - **build** a diffusion that converges to the middle (11.2) and **repair** the way back (11.3);
# - **invert** a Feistel network whose round function has no inverse (11.4);
# - **chain** blocks with a key matrix each, both ways (11.5), and **read** that cipher with three chosen pictures (11.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** Someone who may have a few pictures of her choice encrypted, or who can guess which pictures might be sent.
# - **What do they know?** The cipher, its weights, everything but the key. *Nonce held*: no nonce, as in the papers. *As used*: a fresh one for each picture, as in this library.
# - **What counts as broken?** Every byte of a picture read; or knowing which picture was sent.
# - **Not shown here:** searching keys and seeds (lesson 13).

# %%
import hashlib
import hmac
import itertools
import secrets
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch

from gansec_lib import attacks, images, metrics, systems
from gansec_lib.ciphers import diffuse, feistel, permute, substitute
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.scorecards.cipher.avalanche import flip_one_bit
from gansec_lib.scorecards.measuring import seconds_of
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
course = start("11", PROFILE, SEED)
NAMES = ("lsgan_rng", "immense_random", "feistel_gan", "dcgan_blocks", "chen_plaintext")
KEY, HELD = bytes(range(32)), bytes(16)  # a key, and a nonce that never changes

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. A cipher gets its key bytes from an *untrained* generator. Which of its figures become worse?
# 2. The highest bit of one pixel is flipped; sums and ⊕ carry the change on. How many cipher bytes change?
# 3. Every block has a key matrix of its own, drawn by a DCGAN. How many chosen pictures read the cipher?

# %% [markdown]
# ## 1. From a stream to a schedule
# What differs between the five papers is what the generator learned, and what its bytes are spent on:

# %%
SPENT = {
    "lsgan_rng": "row and column orders, row shifts, diffusion to the middle and out",
    "immense_random": "S-boxes, orders of bytes and of bits, two chains, rotations, ⊕",
    "feistel_gan": "a layer, an S-box, round keys; blocks chained both ways",
    "dcgan_blocks": "order of the blocks, a key matrix each",
    "chen_plaintext": "an S-box, one order across the colours, sums and ⊕ both ways",
}
rows = []
for name in NAMES:
    cipher = systems.get(name)
    weights = sum(p.numel() for p in cipher.keys.generator.parameters())
    rows.append({"system": name, "paper": cipher.paper[:5].split()[0], "loss": cipher.keys.loss})
    rows[-1] |= {"network": cipher.keys.kind, "weights": weights, "its bytes become": SPENT[name]}
show_table(rows)

# %% [markdown]
# `KeyGAN.keystream` gives as many bytes as you ask for; a **schedule** cuts them. [5] needs, for an $H \times W$ picture:
#
# | bytes | become |
# |---|---|
# | $4H$, then $4W$ | orders of rows and columns: four bytes, low first, are a number; the numbers' *sorting order* is the permutation |
# | $4H$ | a number for each row: how far it is rolled |
# | 2 | starting bytes |
# | $HW$ | key bytes of the diffusion |

# %% [markdown]
# ### Exercise 11.1 · The schedule
# Difficulty ●●○ · 10 minutes · in: uint8 `(8H + 4W + 2 + HW,)`, `height`, `width` · out: `rows` int64 `(H,)`, `columns` int64 `(W,)`, `shifts` int64 `(H,)`, `starts` uint8 `(2,)`, `keys` uint8 `(HW,)`
#
# Cut in the order of the table; sort with `argsort(stable=True)`.
# <details><summary>Hint: pieces</summary>`stream.split([4 * height, 4 * width, 4 * height, 2, height * width])`</details>
# <details><summary>Hint: numbers from bytes</summary>`piece.reshape(-1, 4).long() @ torch.tensor([1, 256, 256**2, 256**3])`; the shifts are these numbers mod the width.</details>


# %%
def schedule(stream, height, width):
    """Row order, column order, row shifts, starting bytes, key bytes."""
    ### BEGIN SOLUTION
    *pieces, starts, keys = stream.split([4 * height, 4 * width, 4 * height, 2, height * width])
    rows, columns, shifts = (p.reshape(-1, 4).long() @ 256 ** torch.arange(4) for p in pieces)
    return rows.argsort(stable=True), columns.argsort(stable=True), shifts % width, starts, keys
    ### END SOLUTION


# %%
schedule = check("11.1", schedule)

# %% [markdown]
# The GAN of [5] makes the bytes, your schedule cuts them.

# %%
photo = images.load("photos", size=128, count=2, colour=False).images[1:2]
side = photo.shape[-1]
keys5 = systems.get("keygan_six_systems", seed=SEED % 3)
stream = keys5.keystream(KEY, HELD, 12 * side + 2 + side**2)
rows, columns, shifts, starts, key_bytes = schedule(stream, side, side)
print("the first rows of the scrambled picture were rows", rows[:5].tolist(), "of the photograph")

# %% [markdown]
# It scrambles a photograph, and the library's blocks do the same:

# %%
sorted_rows = photo[0, 0][rows]
crossed = sorted_rows[:, columns]
scrambled = torch.stack([row.roll(int(s)) for row, s in zip(crossed, shifts, strict=True)])
moved = permute.rows_columns(photo[0, 0].numpy(), rows.numpy(), columns.numpy())
moved = permute.cyclic_shifts(moved, shifts.numpy(), np.zeros(side, int))
assert np.array_equal(moved, scrambled.numpy())
show_grid(
    torch.stack([photo[0, 0], sorted_rows, crossed, scrambled])[:, None],
    labels=["plain", "rows", "and columns", "and shifts"],
    size=1.6,
    title="Scrambled, and still as grey as before",
)

# %% [markdown]
# **Reading the figure.** Whole rows, then whole columns move: the fur's texture survives. The shifts break the columns. No byte has changed its value yet: the histogram is the photograph's. That is the diffusion's work.

# %% [markdown]
# ## 2. Diffusion that converges
# One **sweep** makes each byte depend on the cipher byte before it:
#
# $$c_i = (p_i + k_i \bmod 256) \oplus S[c_{i-1}]$$
#
# It runs one way, so the last pixel's change reaches nothing else. [5] sweeps *from both ends to the middle, then out again*:


# %%
def sweep(flat, key, before, box):
    """c[i] = (p[i] + k[i] mod 256) ⊕ box[c[i−1]], the byte before the first is given."""
    out, c, box = [], int(before), box.tolist()
    for p, k in zip(flat.tolist(), key.tolist(), strict=True):
        c = (p + k) % 256 ^ box[c]
        out.append(c)
    return torch.tensor(out, dtype=torch.uint8)


AES_BOX = torch.tensor(substitute.AES_SBOX)
PLAIN_BOX = torch.arange(256).to(torch.uint8)  # feeds c itself back, as published
print("one byte:", sweep(torch.tensor([5]), torch.tensor([255]), 0, PLAIN_BOX).tolist())

# %% [markdown]
# ### Exercise 11.2 · Converge
# Difficulty ●●● · 15 minutes · in: `flat`, `key` uint8 `(n,)`, n ≥ 2, `starts` `(2,)`, `box` `(256,)` · out: uint8 `(n,)`
#
# With $h = \lfloor n/2 \rfloor$ and $m$ the key read backwards, four sweeps, each on what the last ones left:
# 1. left half, left to right, key $k_{0…h-1}$, from `starts[0]`;
# 2. right half, *right to left*, its own $k$, from `starts[1]`;
# 3. left half, right to left, key $m_{0…h-1}$, from the right half's first byte;
# 4. right half, left to right, key $m_{h…}$, from the left half's new first byte.
# <details><summary>Hint: right to left</summary>`.flip(0)` of bytes *and* of key before the sweep, and of the result after it.</details>
# <details><summary>Hint: only long inputs fail</summary>The right half is the longer one when n is odd: cut at `len(flat) // 2`.</details>


# %%
def converge(flat, key, starts, box):
    """Diffusion from both ends to the middle and out again."""
    ### BEGIN SOLUTION
    half, mirrored = len(flat) // 2, key.flip(0)
    left = sweep(flat[:half], key[:half], starts[0], box)
    right = sweep(flat[half:].flip(0), key[half:].flip(0), starts[1], box).flip(0)
    left = sweep(left.flip(0), mirrored[:half].flip(0), right[0], box).flip(0)
    right = sweep(right, mirrored[half:], left[0], box)
    return torch.cat([left, right])
    ### END SOLUTION


# %%
converge = check("11.2", converge)

# %% [markdown]
# A sweep is undone in one step: the byte before is in the cipher. Four sweeps are undone by a colleague, below, in **two** wrong ways.


# %%
def unsweep(cipher, key, before, box):
    """Undo one sweep, all bytes at once."""
    back = torch.cat([before.reshape(1), cipher[:-1]])
    return (cipher ^ box[back.long()]) - key


def unconverge_broken(cipher, key, starts, box):
    """The bytes before `converge`. Find the bugs."""
    half, mirrored = len(cipher) // 2, key.flip(0)
    left, right = cipher[:half], cipher[half:]
    left = unsweep(left.flip(0), mirrored[:half].flip(0), right[0], box).flip(0)
    right = unsweep(right, mirrored[half:], left[0], box)
    left = unsweep(left, key[:half], starts[0], box)
    right = unsweep(right.flip(0), key[half:], starts[1], box).flip(0)
    return torch.cat([left, right])


# %% [markdown]
# ### Exercise 11.3 · Find the bug
# Difficulty ●●○ · 10 minutes · in: `cipher`, `key` uint8 `(n,)`, `starts`, `box` · out: uint8 `(n,)`
#
# <details><summary>Hint: nothing comes back</summary>Last on, first off. Which of the four sweeps was the last?</details>
# <details><summary>Hint: the left half is right, the right one is not</summary>Bytes that are read backwards need their key backwards, too.</details>


# %%
def unconverge(cipher, key, starts, box):
    """The bytes before `converge`."""
    ### BEGIN SOLUTION
    half, mirrored = len(cipher) // 2, key.flip(0)
    left, right = cipher[:half], cipher[half:]
    right = unsweep(right, mirrored[half:], left[0], box)
    left = unsweep(left.flip(0), mirrored[:half].flip(0), right[0], box).flip(0)
    left = unsweep(left, key[:half], starts[0], box)
    right = unsweep(right.flip(0), key[half:].flip(0), starts[1], box).flip(0)
    return torch.cat([left, right])
    ### END SOLUTION


# %%
unconverge = check("11.3", unconverge)

# %% [markdown]
# There and back, odd and even, and the library's bytes. Then the second prediction: one bit flipped at each of many places.

# %%
flat = scrambled.reshape(-1)
for n in (2, 3, 1001, flat.numel()):
    given = (flat[:n], key_bytes[:n], starts, AES_BOX)
    there = converge(*given)
    assert torch.equal(unconverge(there, *given[1:]), flat[:n])
    library = diffuse.converge(*(g.numpy() for g in given[:2]), starts.tolist(), AES_BOX.numpy())
    assert np.array_equal(there.numpy(), library)
places = np.linspace(0, 16_383, 129).astype(int)
figure, axes = plt.subplots(1, 2, figsize=(6.8, 2.6), sharey=True)
for ax, box, fed in zip(axes, (None, substitute.AES_SBOX), ("c", "S[c]"), strict=True):
    for bit, colour in ((7, "#D55E00"), (0, "#0072B2")):
        twins = np.tile(flat.numpy(), (len(places), 1))
        twins[np.arange(len(places)), places] ^= np.uint8(1 << bit)
        both = [diffuse.converge(x, key_bytes.numpy(), (3, 9), box) for x in (flat.numpy(), twins)]
        ax.plot(places, 100 * (both[0] != both[1]).mean(1), color=colour, label=f"bit {bit}", lw=1)
    ax.set(xlabel="place of the flipped bit", title=f"{fed} is fed back", ylim=(0, 104))
axes[0].set_ylabel("bytes changed, %")
axes[0].legend()
show(figure)

# %% [markdown]
# **Reading the figure.** Left, as published: a flipped *highest* bit. In sums mod 256 it has no carry, so + and ⊕ are the same to it; its change is always 128 and, where two ways meet, *cancels*. Second prediction: depending on the place, a quarter of the bytes to all of them. Right: one S-box in the feedback, and the lines stay on top. (A dip may be left: where the changed stretch ends, one time in 256 the difference dies by chance.)
#
# On top is too high: chance gives 99.6 %, here it is nearly 100. A byte that differs makes the next one differ *for certain*. A perfect score can be a fingerprint.

# %% [markdown]
# ## 3. A Feistel network with a neural round
# [8] cuts a block of 64 bytes into four branches. A round:
#
# $$b_1 \mathrel{\oplus}= F(b_0, k_0), \quad b_3 \mathrel{\oplus}= F(b_2, k_1), \quad \text{then all move one to the left}$$
#
# $F(x, k) = S[Wx + k \bmod 256]$ is one layer of a network, its weights $W$ from the keystream.


# %%
def neural_round(weights, box):
    """F(x, k) = box[W x + k mod 256] on branches uint8 (…, w)."""
    return lambda x, k: box[(x.long() @ weights.long().T + k.long()) % 256]


def rounds(blocks, f, keys):
    """Encrypt blocks uint8 (…, 4 w); keys uint8 (rounds, 2, w)."""
    for first, second in keys:
        b0, b1, b2, b3 = blocks.chunk(4, dim=-1)
        blocks = torch.cat([b1 ^ f(b0, first), b2, b3 ^ f(b2, second), b0], dim=-1)
    return blocks


# %% [markdown]
# ### Exercise 11.4 · All the way back
# Difficulty ●●○ · 10 minutes · in: `blocks` uint8 `(…, 4w)`, `f`, `keys` uint8 `(rounds, 2, w)` · out: uint8 `(…, 4w)`
#
# Undo `rounds`. You never need the inverse of `f`: it may have none.
# <details><summary>Hint: which round first?</summary>The last one: `keys.flip(0)`.</details>
# <details><summary>Hint: which branch is which?</summary>After a round the four chunks are b1 ⊕ F, b2, b3 ⊕ F, b0. So b0 and b2 are there unchanged: with them F can be computed again.</details>


# %%
def unrounds(blocks, f, keys):
    """Undo `rounds`."""
    ### BEGIN SOLUTION
    for first, second in keys.flip(0):
        b1, b2, b3, b0 = blocks.chunk(4, dim=-1)
        blocks = torch.cat([b0, b1 ^ f(b0, first), b2, b3 ^ f(b2, second)], dim=-1)
    return blocks
    ### END SOLUTION


# %%
unrounds = check("11.4", unrounds)

# %% [markdown]
# How many rounds does a change need to fill its block? 400 blocks, one bit flipped in each, for three trained generators and their untrained twins.

# %%
keys8 = systems.get("keygan_hyper_chen_wave")
blocks = keys8.keystream(KEY, HELD, 400 * 64).reshape(400, 64)
twins = flip_one_bit(blocks[:, None, None], SEED)[:, 0, 0]
spread = {"trained": [], "untrained": []}
for words, run in ((w, r) for w in spread for r in range(3)):
    gan = systems.get("keygan_hyper_chen_wave", trained=words == "trained", seed=run)
    drawn = gan.keystream(KEY, HELD, 256 + 1024 + 10 * 32)
    weights, box, keys = drawn.split([256, 1024, 320])
    weights = weights.reshape(16, 16) | torch.eye(16).to(torch.uint8)
    box = torch.from_numpy(substitute.key_sbox(box.reshape(-1, 4).long() @ 256 ** torch.arange(4)))
    f, keys = neural_round(weights, box), keys.reshape(10, 2, 16)
    assert torch.equal(unrounds(rounds(blocks, f, keys), f, keys), blocks)
    changed = [rounds(blocks, f, keys[:r]) != rounds(twins, f, keys[:r]) for r in range(11)]
    spread[words].append([100 * c.double().mean().item() for c in changed])
there = feistel.generalised(
    blocks.numpy(), feistel.neural_round(weights.numpy(), box.numpy()), keys
)
assert np.array_equal(there, rounds(blocks, f, keys).numpy())
print("back bit for bit after ten rounds, six times; the library's Feistel gives the same bytes")

# %% [markdown]
# The share of changed bytes, round by round:

# %%
figure, ax = plt.subplots(figsize=(6.4, 2.8))
for words, look in (("trained", {"color": "#0072B2"}), ("untrained", {"c": "#D55E00", "ls": ":"})):
    lines = ax.plot(np.transpose(spread[words]), **look)
    lines[0].set_label(f"{words}, 3 runs")
ax.axhline(100 * 255 / 256, ls="--", lw=0.8, color="#555555", label="possible")
ax.set(xlabel="rounds", ylabel="bytes changed, %", title="Filled after five rounds, trained or not")
ax.legend()
show(figure)

# %% [markdown]
# **Reading the figure.** Six lines lie on one. The network of round functions does the mixing; where $W$ comes from does not matter. [8] chains the blocks in both directions, so this avalanche reaches the whole picture. The price is time: each block waits for the one before.

# %% [markdown]
# ## 4. A key matrix for every block
# [73] permutes blocks, stirs each with Arnold's map, and chains them:
#
# $$C_b = P_b + K_b + C_{b-1} \bmod 256, \qquad C_{-1} = 0$$
#
# $K_b$ is a matrix drawn by a DCGAN, another one for every block.

# %% [markdown]
# ### Exercise 11.5 · The chain, both ways
# Difficulty ●●○ · 10 minutes · in: `tiles`, `keys` uint8 `(B, s, s)`, `back` bool · out: uint8 `(B, s, s)`
#
# Forwards $P \to C$; with `back=True`, $C \to P$.
# <details><summary>Hint: one line forwards</summary>A running sum over axis 0, as long, then mod 256.</details>
# <details><summary>Hint: backwards</summary>Subtract the *cipher* tile before, and the key; uint8 wraps by itself. The first has zeros before it.</details>


# %%
def block_chain(tiles, keys, back=False):
    """C[b] = P[b] + K[b] + C[b−1] mod 256, or undone."""
    ### BEGIN SOLUTION
    if back:
        return tiles - torch.cat([torch.zeros_like(tiles[:1]), tiles[:-1]]) - keys
    return ((tiles.long() + keys.long()).cumsum(0) % 256).to(torch.uint8)
    ### END SOLUTION


# %%
block_chain = check("11.5", block_chain)

# %% [markdown]
# Tiles in, tiles out, with the matrices of [73]'s DCGAN:


# %%
def to_tiles(picture, side):
    """Blocks uint8 (B, side, side) of a grey picture (1, 1, H, W), row after row."""
    return picture[0, 0].unfold(0, side, side).unfold(1, side, side).reshape(-1, side, side)


tiles = to_tiles(photo, 32)
keys73 = systems.get("keygan_hyper_chen_matrix")
drawn = keys73.keystream(KEY, HELD, tiles.numel()).view_as(tiles)
assert block_chain(block_chain(tiles, drawn), drawn, back=True).equal(tiles)

# %% [markdown]
# What one flipped pixel does to [73] and to [8], key and nonce the same:

# %%
twin = photo.clone()
twin[0, 0, 40, 60] ^= 1
shown = [photo]
for name in ("dcgan_blocks", "feistel_gan"):
    made = [systems.get(name).encrypt(p, KEY, nonce=HELD).as_images() for p in (photo, twin)]
    shown += [made[0], (made[0] != made[1]).to(torch.uint8) * 200]
labels = ["plain", "[73]", "[73]: changed", "[8]", "[8]: changed"]
show_grid(
    torch.cat(shown), labels=labels, size=1.35, title="One pixel changed: a dot, or everything"
)

# %% [markdown]
# **Reading the figure.** Both cipher images look like noise. In [73] the change is *one byte per block* from its own block on: sums carry it along at the same spot. The flipped pixel moves NPCR by hundredths of a per cent; the published 99.69 % cannot be the figure of this chain under a fixed key.

# %% [markdown]
# ## 5. A key that knows the picture
# How do papers reach 99.6 %, then? The initial values follow from the plain picture. In [11] (and as an option of all systems here) a hash goes into the key:


# %%
def picture_key(picture, key):
    """A key of its own for each picture: HMAC-SHA256 under the secret key."""
    return hmac.digest(key, b"picture" + picture.numpy().tobytes(), "sha256")


one, other = (keys5.keystream(picture_key(p, KEY), HELD, 10_000) for p in (photo, twin))
share = 100 * (one == other).double().mean()
print(f"keystreams of two pictures, one bit apart: {share:.1f} % of the bytes equal")

# %% [markdown]
# One bit of the picture, and the whole keystream is another. Now everything is measured: five systems, key fixed or related to the picture, trained and untrained, three seeds each, eight photographs of 64 × 64, nonce held.

# %%
pictures = images.load("photos", size=64, count=8, colour=False).images
flipped = flip_one_bit(pictures, SEED)


def figures_of(system):
    plain, twin = (system.encrypt(p, KEY, nonce=HELD).as_images() for p in (pictures, flipped))
    return {
        "entropy": metrics.entropy(plain, 0.001),
        "χ²": metrics.chi_square(plain, 0.001),
        "correlation": metrics.adjacent_correlation(plain, "horizontal", 0.001),
        "NPCR": metrics.npcr(plain, twin, 0.001),
        "UACI": metrics.uaci(plain, twin, 0.001),
    }


def middle(runs, figure):
    return float(np.median([run[figure].value for run in runs]))


measured = {}
for name, related, trained in itertools.product(NAMES, (False, True), (True, False)):
    options = {"plaintext_related": related, "trained": trained}
    runs = [figures_of(systems.get(name, seed=seed, **options)) for seed in range(3)]
    measured[name, related, trained] = runs

# %% [markdown]
# First prediction. Medians of three seeds, picture in the key:


# %%
rows = [{"system": n, "generator": w} for n in NAMES for w in ("trained", "untrained")]
for row in rows:
    runs = measured[row["system"], True, row["generator"] == "trained"]
    row.update({name: f"{middle(runs, name):.4f}" for name in runs[0]})
show_table(rows, title="medians of three seeds")

# %% [markdown]
# None of the figures becomes worse without training. What does change them is the picture in the key:

# %% tags=["gallery"]
low, high = metrics.uaci_critical(pictures[0].numel() * len(pictures), 0.001)
least, _ = metrics.npcr_critical(pictures[0].numel() * len(pictures), 0.001)
figure, axes = plt.subplots(1, 2, figsize=(6.8, 3.0))
for ax, related in zip(axes, (False, True), strict=True):
    for name, mark in zip(NAMES, "osD^v", strict=True):
        for trained in (True, False):
            runs = measured[name, related, trained]
            dots = [(run["UACI"].value, run["NPCR"].value) for run in runs]
            colour = "#0072B2" if trained else "#D55E00"
            label = name if trained and not related else None
            ax.plot(*zip(*dots, strict=True), mark, ms=5, mfc="none", color=colour, label=label)
    ax.axvspan(low, high, color="#009E73", alpha=0.25)
    ax.axhline(least, color="#009E73", lw=0.8)
    words = "picture in the key" if related else "key fixed"
    ax.set(xlabel="UACI, %", title=words)
axes[0].set_ylabel("NPCR, %")
axes[1].set(xlim=(33.1, 33.8), ylim=(99.5, 99.7))
axes[0].legend(fontsize=7, loc="center left")
show(figure)

# %% [markdown]
# **Reading the figure.** Blue trained, orange untrained; green is what chance allows. Left, key fixed: [73] sits at zero, [7] and [11] beside the window (sums and ⊕ carry one difference far, but always the *same* one), [5] a little too high; only [8] mixes well by itself. Right, zoomed in: all in the window. It is the hash that moved them, and it would do so for any cipher at all.

# %% [markdown]
# ## Break it
# [73], nonce held, key fixed. Take two cipher images and **subtract** them: every $K_b$ is gone.
#
# $$C_b - C'_b = (P_b - P'_b) + (C_{b-1} - C'_{b-1})$$
#
# The chain has no secret either. What is left is the difference of the plain tiles, *moved*.

# %% [markdown]
# ### Exercise 11.6 · Minus the keys
# Difficulty ●●○ · 8 minutes · in: tiles of two cipher images, uint8 `(B, s, s)` · out: uint8 `(B, s, s)`
#
# The difference of the two plain pictures as the permutation left it: no key needed.
# <details><summary>Hint: start</summary>Subtract the tiles; uint8 wraps mod 256.</details>
# <details><summary>Hint: the chain</summary>You wrote its inverse in 11.5; the key matrices are zero now.</details>


# %%
def minus_keys(one, other):
    """The moved difference of two plain pictures from their cipher tiles."""
    ### BEGIN SOLUTION
    gap = one - other
    return block_chain(gap, torch.zeros_like(gap), back=True)
    ### END SOLUTION


# %%
minus_keys = check("11.6", minus_keys)

# %% [markdown]
# Ask for black and, as in lesson 08, for two pictures whose pixels say where they are. Minus black, they tell the permutation, and the victim minus black is her picture, moved.


# %%
def read(oracle, seen, side=32):
    """A picture from its cipher image and three chosen pictures; None where that fails."""
    n = torch.arange(seen.numel()).reshape(seen.shape)
    asked = [(n * 0), n % 256, n // 256]
    black, low, high = (to_tiles(oracle(p.to(torch.uint8)), side) for p in asked)
    order = minus_keys(low, black).long() + 256 * minus_keys(high, black).long()
    if not torch.equal(order.flatten().sort().values, n.flatten()):
        return None
    plain = torch.empty(seen.numel(), dtype=torch.uint8)
    plain[order.flatten()] = minus_keys(to_tiles(seen, side), black).flatten()
    return plain.reshape(seen.shape)


# %% [markdown]
# Against [73] as published, trained and not; then the controls: with its nonce, and against [8].

# %%
cases = {
    "[73], nonce held": systems.get("dcgan_blocks", use_nonce=False),
    "[73], nonce held, untrained": systems.get("dcgan_blocks", use_nonce=False, trained=False),
    "[73], as used": systems.get("dcgan_blocks"),
    "[8], nonce held": systems.get("feistel_gan", use_nonce=False),
}
secret = secrets.token_bytes(32)  # a key that nobody in this notebook looks at
opened = {}
for words, system in cases.items():
    seen = system.encrypt(photo, secret).as_images()
    opened[words] = read(lambda p, s=system: s.encrypt(p, secret).as_images(), seen)
    whole = opened[words] is not None and torch.equal(opened[words], photo)
    print(f"{words:28}", "every byte read with 3 queries" if whole else "nothing")
assert torch.equal(opened["[73], nonce held"], photo) and opened["[73], as used"] is None

# %% [markdown]
# Third prediction: three, however many matrices the DCGAN draws, trained or not. What the attacker saw and got:

# %%
n = torch.arange(photo.numel()).reshape(photo.shape)
asked = torch.cat([n * 0, n % 256, n // 256]).to(torch.uint8)
seen = cases["[73], nonce held"].encrypt(photo, secret).as_images()
shown = torch.cat([asked, seen, opened["[73], nonce held"]])
labels = ["black", "j mod 256", "⌊j / 256⌋", "victim's cipher", "read"]
show_grid(shown, labels=labels, size=1.35, title="Sixteen key matrices, three questions")

# %% [markdown]
# **Reading the figure.** Everything in [73] is a sum mod 256 or a move: the cipher is *affine*, $C = AP + B$. Affine maps are known from a few pairs, whatever the size of $B$. One S-box would have stopped this attack; a nonce stops the whole family.

# %% [markdown]
# ### Which picture was it?
# With the picture in the key, chosen pictures have other keys than the victim's: that attack ends. Another begins. As published, the receiver needs the hash of the picture, and it travels along. An archive of 200 pictures is public; six of them were sent.

# %%
archive = images.load("photos", size=64, count=200, colour=False).images
sent = torch.randperm(200, generator=torch.Generator().manual_seed(SEED))[:6]
variants = {
    "A  SHA-256(P)": lambda p, nonce: hashlib.sha256(p.numpy().tobytes()).digest(),
    "B  HMAC(key, P)": lambda p, nonce: picture_key(p, secret),
    "C  HMAC(key, nonce, P)": lambda p, nonce: hmac.digest(
        secret, nonce + p.numpy().tobytes(), "sha256"
    ),
}
for words, header in variants.items():
    seen = [header(archive[i], secrets.token_bytes(16)) for i in (*sent, sent[0])]
    guesses = {hashlib.sha256(p.numpy().tobytes()).digest(): i for i, p in enumerate(archive)}
    named = sum(guesses.get(h) == i for h, i in zip(seen, sent.tolist(), strict=False))
    same = "shows" if seen[0] == seen[-1] else "hides"
    print(f"{words:24} names {named} of 6 pictures, {same} that one was sent twice")

# %% [markdown]
# **A**, as published: a *dictionary* of hashes names each picture, with no key and no query. **B** needs the key, so nobody can make the dictionary; but equal pictures still have equal hashes. **C** mixes the nonce in, and nothing is left to see: that is the library's `plaintext_related`.
#
# Without a nonce even B falls to someone with an oracle: encrypt each guess, compare the cipher images.

# %%
chen = systems.get("chen_plaintext", use_nonce=False)
victim = chen.encrypt(archive[sent[0]][None], secret).as_images()
tried = (torch.equal(chen.encrypt(guess[None], secret).as_images(), victim) for guess in archive)
queries = 1 + next(i for i, equal in enumerate(tried) if equal)
print(f"[11], nonce held: guess {queries} gives the victim's cipher image")
assert queries - 1 == int(sent[0])
pair = [systems.get("chen_plaintext").encrypt(photo, secret) for _ in range(2)]
print("[11], as used: equal cipher images", torch.equal(*(p.payload for p in pair)))

# %% [markdown]
# ## Results
# Published figures, measured ones (nonce held; key fixed, then the picture in it; medians of three seeds), and what a perfect cipher would give on as many bytes.

# %%
rows = []
for name in NAMES:
    for figure, key_of_paper in (("NPCR", "npcr_nonce_held"), ("UACI", "uaci_nonce_held")):
        claim = systems.find(name).published.get(key_of_paper, {}).get("value", "not found")
        fixed, related = (middle(measured[name, r, True], figure) for r in (False, True))
        rows.append({"system": name, "figure": figure, "published": claim})
        rows[-1] |= {"key fixed": f"{fixed:.2f}", "picture in key": f"{related:.2f}"}
        rows[-1]["possible"] = f"≥ {least:.2f}" if figure == "NPCR" else f"{low:.2f} to {high:.2f}"
show_table(rows)
for name in NAMES:
    assert middle(measured[name, True, True], "NPCR") > least, name
    assert low < middle(measured[name, True, True], "UACI") < high, name
assert middle(measured["dcgan_blocks", False, True], "NPCR") < 1

# %% [markdown]
# The repair is small: a fresh nonce in the seed of the generator. Then all attacks of the library together, on all five:

# %%
small = pictures[:3]
for name in NAMES:
    tried, _ = attacks.suite(systems.get(name), KEY, small, ("as used",))
    best = max(result.score for result in tried if not result.tells)
    print(f"{name:15} {'nothing read' if best < 0.05 else f'{100 * best:.0f} % read'}")
    assert best < 0.05

# %% [markdown]
# And the cost, beside the published seconds (other machines, sizes not stated) and a cipher of the world:

# %% tags=["nbval-ignore-output"]
large = images.load("photos", size=256, count=2, colour=False).images[:1]
timed = ("lsgan_rng", "feistel_gan", "dcgan_blocks")
published, rows = {name: f"{printed(name, 'encrypt_seconds'):g}" for name in timed}, []
for name in (*NAMES, "aes_gcm"):
    taken = seconds_of(partial(systems.get(name).encrypt, large, KEY), 3)
    row = {"system": name, "ms, 256 × 256": f"{1000 * taken:.2f}"}
    rows.append(row | {"published, s": published.get(name, "")})
show_table(rows, title="measured in this run, key generation included")

# %% [markdown]
# ## Play with it
# Which bytes of the cipher image change when one bit of the picture does? Move the pixel, take another bit, put the picture into the key.


# %%
def changed(system="dcgan_blocks", row=20, column=30, bit=0, picture_in_key=False):
    """Cipher image of a picture and of its twin, and where they differ."""
    plain = small[1:2]
    twin = plain.clone()
    twin[0, 0, row, column] ^= 1 << bit
    name, *option = system.split(", ")
    options = {"plaintext_related": picture_in_key} | ({"plain_feedback": True} if option else {})
    cipher = systems.get(name, **options)
    made = [cipher.encrypt(p, KEY, nonce=HELD).as_images() for p in (plain, twin)]
    where = (made[0] != made[1]).to(torch.uint8) * 200
    title = f"{system}: {metrics.npcr_values(*made).item():.2f} % of the bytes changed"
    labels = ["plain", "cipher", "of its twin", "changed"]
    return grid_figure(torch.cat([plain, *made, where]), labels=labels, size=1.6, title=title)


menu = [*NAMES, "lsgan_rng, c fed back"]
explore(changed, system=menu, row=(0, 63), column=(0, 63), bit=(0, 7), picture_in_key=False)

# %% [markdown]
# ## Recap
# - A schedule is a cut stream (11.1); sorting makes permutations of it.
# - Converge diffusion (11.2) is undone from the last sweep to the first (11.3); without an S-box changes cancel.
# - A Feistel network comes back without its round function's inverse (11.4).
# - Block sums (11.5) are affine: three pictures read them (11.6).
# - NPCR near 99.6 % comes from the hash in the key, not from GAN or chain.
#
# **Typical mistakes**
# - *Key not flipped with its bytes.* Symptom: one half comes back, the other is noise.
# - *A plain SHA-256 in the header.* Symptom: a dictionary names the picture.
# - *"99.9 % is better than 99.6 %."* It is not chance, so it is a fingerprint.

# %%
progress()
hint("11.2")  # one hint at a time; reveal("11.2") shows the reference

# %% [markdown]
# ## Quiz
# 1. Why do trained and untrained generators give the same figures?
#    <details><summary>Answer</summary>The modular extractor keeps the last digits of the outputs, which are flat either way; the ciphers then only shuffle and add flat bytes.</details>
# 2. Why must sorting orders be *stable*?
#    <details><summary>Answer</summary>Two equal numbers would else be ordered by chance of the library, and sender and receiver differ.</details>
# 3. Why does a flipped highest bit cancel in + and ⊕, a lower one mostly not?
#    <details><summary>Answer</summary>Its carry leaves the byte, so + is ⊕ for it. Lower bits carry into the next ones.</details>
# 4. Would 100 rounds of Arnold's map save [73]?
#    <details><summary>Answer</summary>No: still a move of pixels. The cipher stays affine.</details>
# 5. The hash travels, keyed with HMAC, but without the nonce in it. What does an observer learn?
#    <details><summary>Answer</summary>Which pictures are equal. The nonce inside the hash ends that, too.</details>

# %% [markdown]
# ## References
# - [5] Man, Li, Di, Liu, Zhou, Wang, Zhang, Multimedia Tools and Applications 80, 2021, 27445–27469.
# - [7] Singh, Dhall, Malik, Gupta, Multimedia Tools and Applications 82, 2023.
# - [8] Fang, Liu, Wu, Liu, Multimedia Tools and Applications 81, 2022.
# - [11] Zhang, Kang, Lu et al., Multimedia Tools and Applications, 2024.
# - [73] Fang, Liu, Wu, IEEE Access 9, 2021.
# - Zheng, Matsumoto, Imai, *On the construction of block ciphers provably secure*, CRYPTO '89.
