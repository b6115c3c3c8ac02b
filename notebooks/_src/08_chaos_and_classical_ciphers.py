# %% [markdown]
# # 08 · Chaos and the classical ciphers
# Every GAN cipher of this course is compared with one recipe: a chaotic orbit, a permutation, a diffusion. You build it whole, with its DNA and its S-boxes, see
# what each part adds, and read its pictures with **three** chosen ones.
#
# | minutes | needs | papers |
# |---|---|---|
# | 75 | lessons 05–07 | survey (Singh et al. 2024), Table 4; the classics behind [5]–[11] |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **run** a chaotic map (08.1) and **measure** how fast it forgets (08.2);
# - **find** the cycle into which every orbit of a computer falls (08.3);
# - **undo** a permutation (08.4), **repair** a diffusion (08.5) and judge what DNA and S-boxes add;
# - **break** permutation plus diffusion with three chosen pictures (08.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** Someone with an *encryption oracle*: she may have a few pictures of her choice encrypted.
# - **What do they know?** Everything but the key. As in the papers of this family, the cipher has **no nonce**: equal pictures give equal
#   cipher images.
# - **What counts as broken?** Another picture under the same key read, every byte.
# - **Not shown here:** speed-ups of the search for the key itself.

# %%
import math
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch

from gansec_lib import attacks, chaos, images, metrics, systems
from gansec_lib.ciphers import diffuse, dna, permute, substitute
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.scorecards.measuring import seconds_of
from gansec_lib.show.figures import show, show_grid, show_histograms, show_table
from gansec_lib.show.widgets import explore

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("08", PROFILE, SEED)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. Two orbits start $10^{-15}$ apart. After how many steps of the logistic map are they strangers?
# 2. Does DNA coding with a fixed rule, then ⊕, then decoding, differ from ⊕ alone?
# 3. A permutation of 65,536 pixels has $65536! \approx 10^{287193}$ possibilities. How many chosen pictures reveal it?

# %% [markdown]
# ## 1. A map that forgets
# The **logistic map** takes a number in (0, 1) to the next:
#
# $$x' = r\,x\,(1 - x)$$
#
# For $r$ near 4 it is *chaotic*: deterministic, and yet two starts that agree in fifteen decimals soon have nothing in common. A key that differs in one bit gives another orbit; so the idea of chaos ciphers was born.

# %% [markdown]
# ### Exercise 08.1 · An orbit
# Difficulty ●○○ · 5 minutes · in: start `x`, parameter `r`, `n` · out: float64 tensor `(n,)`
#
# The `n` states *after* the start.
# <details><summary>Hint: one too many</summary>The start itself is not part of it.</details>
# <details><summary>Hint: wrong after twenty steps</summary>float32 is not enough: collect Python floats, then torch.tensor(…, dtype=torch.float64).</details>


# %%
def logistic_orbit(x, r, n):
    """States 1 to n of the logistic map."""
    ### BEGIN SOLUTION
    states = []
    for _ in range(n):
        x = r * x * (1 - x)
        states.append(x)
    return torch.tensor(states, dtype=torch.float64)
    ### END SOLUTION


# %%
logistic_orbit = check("08.1", logistic_orbit)

# %% [markdown]
# Two orbits that begin $10^{-15}$ apart. The library's compiled orbit is the same, bit for bit.

# %%
one, other = logistic_orbit(0.3, 3.99, 100), logistic_orbit(0.3 + 1e-15, 3.99, 100)
compiled = chaos.orbit("logistic", 100, start=[0.3], params={"r": 3.99}, burn=0)[:, 0]
assert np.array_equal(one.numpy(), compiled)
gap = (one - other).abs()
figure, (left, right) = plt.subplots(1, 2, figsize=(6.8, 2.6))
left.plot(one[:90], lw=1)
left.plot(other[:90], lw=1, ls="--")
left.set(xlabel="step", title="two orbits")
right.semilogy(gap, lw=1)
right.semilogy([1e-15 * math.exp(0.635 * t) for t in range(54)], ls="--", label="slope 0.635")
right.set(xlabel="step", title="their distance")
right.legend()
show(figure)
print("apart by more than 0.1 after", int((gap > 0.1).nonzero()[0]) + 1, "steps")

# %% [markdown]
# **Reading the figure.** The distance grows by a constant *factor* until it is as large as the interval. First prediction: some fifty steps. That is why the ciphers throw the first hundreds of states away.
#
# The slope is the **Lyapunov exponent**, the mean of $\ln |f'(x)|$ along the orbit; here $f'(x) = r (1 - 2x)$. Above 0: chaos. For $r = 4$ it is $\ln 2$: one bit forgotten a step.

# %% [markdown]
# ### Exercise 08.2 · Lyapunov exponent
# Difficulty ●○○ · 6 minutes · in: an orbit, float64 `(n,)`, and `r` · out: float
#
# <details><summary>Hint: nan</summary>The logarithm of the absolute value.</details>
# <details><summary>Hint: −∞</summary>Not the log of the mean, the mean of the logs.</details>


# %%
def lyapunov(orbit, r):
    """Mean of ln|f'| along the orbit of the logistic map."""
    ### BEGIN SOLUTION
    return (r * (1 - 2 * orbit)).abs().log().mean().item()
    ### END SOLUTION


# %%
lyapunov = check("08.2", lyapunov)

# %% [markdown]
# Yours for two parameters: chaos, and a *window* in the middle of chaos where the orbit repeats three values.

# %%
for r in (3.99, 3.83):
    value = lyapunov(logistic_orbit(0.3, r, 20_000)[1000:], r)
    print(f"r = {r}: {value:+.3f} a step", "(chaos)" if value > 0 else "(periodic)")
assert abs(lyapunov(logistic_orbit(0.3, 3.99, 20_000), 3.99) - chaos.lyapunov("logistic")[0]) < 0.02

# %% [markdown]
# The whole picture: for each $r$, where the orbit goes, and below it the exponent.

# %% tags=["gallery"]
rates = np.linspace(3.4, 4.0, 900)
places, states = chaos.bifurcation("logistic", "r", rates, keep=150)
tails = states.reshape(len(rates), -1)
slopes = np.log(np.abs(rates[:, None] * (1 - 2 * tails)) + 1e-12).mean(1)
figure, (top, low) = plt.subplots(2, 1, figsize=(6.8, 4.2), sharex=True, height_ratios=(2, 1))
top.plot(places, states, ",", color="#333333", alpha=0.25)
low.plot(rates, slopes, lw=0.8)
low.fill_between(rates, slopes, 0, where=slopes < 0, color="#D55E00", alpha=0.5, label="periodic")
low.set(xlabel="r", ylabel="exponent", ylim=(-1.5, 0.8))
top.set(ylabel="x", title="Chaos has holes")
low.legend(loc="lower left")
show(figure)

# %% [markdown]
# **Reading the figure.** One branch splits into two, four, … into chaos at $r \approx 3.57$. White gaps are windows, and the exponent dips below 0 there. A key that maps to such an $r$ gives a keystream of three bytes. `chaos.validate` refuses them:

# %%
for params in ({"r": 3.83}, {"r": 3.99}):
    try:
        chaos.validate("logistic", params)
        print(params, "accepted")
    except ValueError as error:
        print(params, "refused:", str(error)[:60], "…")

# %% [markdown]
# ## 2. From orbits to bytes
# How does a number become a key byte? The obvious $\lfloor 256 x \rfloor$ keeps the orbit's U-shaped density. Taking *low* digits forgets it: $\lfloor 2^{40} x \rfloor \bmod 256$ (papers write $10^{14}$ for $2^{40}$).

# %%
orbit = chaos.orbit("logistic", 65_536, start=[0.3])
top_byte = chaos.to_bytes(orbit, "raw").reshape(1, 1, 256, 256)
low_byte = chaos.to_bytes(orbit).reshape(1, 1, 256, 256)
pair = torch.from_numpy(np.concatenate([top_byte, low_byte]))
show_histograms(pair, labels=["⌊256 x⌋", "⌊2⁴⁰ x⌋ mod 256"], title="Which digits make the key?")
assert metrics.chi_square(pair[:1]).verdict == "fail"
assert metrics.chi_square(pair[1:], 0.001).verdict == "pass"

# %% [markdown]
# **Reading the figure.** Left, the orbit spends its time near 0 and 1, and the key shows it. Right, flat up to chance. Lesson 07 put both through all fifteen tests.

# %% [markdown]
# ### Every orbit on a computer is a circle
# There are finitely many floats. After some steps (the *tail*) the orbit meets an old state and runs in a circle (the *period*) for ever.

# %% [markdown]
# ### Exercise 08.3 · Tail and period
# Difficulty ●●○ · 8 minutes · in: a function `step`, a start · out: `(tail, period)`, whole numbers
#
# Start 0, rule `x → (x + 1) % 3`: tail 0, period 3. The tail is the number of states visited only once.
# <details><summary>Hint: remember</summary>A dictionary from state to the step at which you saw it first.</details>
# <details><summary>Hint: off by one</summary>The start has step 0. When a state comes back: tail = its first step, period = now − first.</details>


# %%
def tail_and_period(step, x):
    """How long until the orbit of x repeats, and how long the circle is."""
    ### BEGIN SOLUTION
    seen = {}
    while x not in seen:
        seen[x] = len(seen)
        x = step(x)
    return seen[x], len(seen) - seen[x]
    ### END SOLUTION


# %%
tail_and_period = check("08.3", tail_and_period)

# %% [markdown]
# The logistic map in float32, as a GPU programmer may write it, from five starts:


# %%
def step32(x):
    return np.float32(3.99) * x * (np.float32(1) - x)


found = [tail_and_period(step32, np.float32(x)) for x in (0.1, 0.2, 0.3, 0.37, 0.8)]
for tail, period in found:
    print(f"float32: tail {tail:5}, then a circle of {period:5} states")
assert chaos.find_cycle("logistic", 0.37, {"r": 3.99}, "float32") == found[3]
assert max(tail + period for tail, period in found) < 65_536
double = chaos.find_cycle("logistic", 0.37, {"r": 3.99}, "float64", limit=100_000)
print("float64, 100,000 steps:", double)

# %% [markdown]
# In float32 the keystream repeats before **one** 256 × 256 picture is encrypted, and different keys end in the *same* circles. Float64 has room for such pictures; nobody has a proof for any length.

# %% [markdown]
# ## 3. More dimensions
# Papers move on to flows in three to six dimensions, "hyperchaotic" if two exponents are positive. Eleven of them are in `chaos.FLOWS`, sixteen maps in `chaos.MAPS`.

# %% tags=["gallery"]
figure, axes = plt.subplots(1, 4, figsize=(6.8, 2.0))
for ax, (name, i, j) in zip(
    axes, (("henon", 0, 1), ("lorenz", 0, 2), ("chen", 0, 2), ("hyper_chen", 0, 2)), strict=True
):
    path = chaos.orbit(name, 6000)
    ax.plot(path[:, i], path[:, j], "," if name == "henon" else "-", lw=0.25, color="#0072B2")
    ax.set_title(name.replace("_", " "), fontsize=9)
    ax.axis("off")
show(figure)

# %% [markdown]
# Their exponents, measured; positive ones are what a step forgets:

# %%
for name in ("logistic", "henon", "lorenz", "hyper_chen"):
    found = chaos.lyapunov(name)
    positive = int((found > 0.05).sum())
    print(f"{name:11} {len(found)} dimensions, {positive} positive exponent{'s' * (positive > 1)}")

# %% [markdown]
# **Reading the figure.** Beautiful, and *smooth*: neighbouring states of a flow are close together. Sampled too densely, their sorting order is nearly sorted already (remember the blocks in lesson 06). More dimensions cost more time; they are no argument for security.

# %% [markdown]
# ### Why one orbit is slow, and many are fast
# An orbit cannot be hurried. Each step needs the state before it, so the processor waits for one multiplication to end before it can begin the next. But nothing forces a picture to have a *single* orbit. We can start one for every column and let step $t$ of all of them make row $t$. These orbits do not wait for each other, and one instruction of the processor works on two, four or eight of them at once, depending on its age (on a GPU, on thousands).
#
# The function below does this with numpy. Each column of its result should be the orbit that begins at the column's own start, so we look at one column.


# %%
def side_by_side(starts, rows, r=3.99):
    """Key bytes (rows, columns): each column is an orbit of its own."""
    x, stream = starts, np.empty((rows, len(starts)), np.uint8)
    for row in range(rows):
        x = r * x * (1 - x)
        stream[row] = chaos.to_bytes(x)
    return stream


starts = np.random.default_rng(SEED).uniform(0.1, 0.9, 256)
rows_of_bytes = side_by_side(starts, 256)
column = chaos.orbit("logistic", 256, start=starts[7:8], params={"r": 3.99}, burn=0)[:, 0]
same = int((rows_of_bytes[:, 7] == chaos.to_bytes(column)).sum())
print(f"column 7 and the orbit from its start agree in {same} of 256 rows")
assert same == 256

# %% [markdown]
# The library's system `chaos_lanes` is a compiled form of this: an orbit for every *two* columns, two bytes a step, and starts that follow from key and nonce. How fast is all this, beside a single compiled orbit and beside AES in counter mode?

# %% tags=["nbval-ignore-output"]
lab_key, side = bytes(range(32)), 1024
jobs = {}
for columns in (1, 16, 256, 4096):
    begin = np.random.default_rng(SEED).uniform(0.1, 0.9, columns)
    job = partial(side_by_side, begin, 2**17 // columns)
    jobs[f"numpy, {columns} side by side"] = 2**17, job
jobs["compiled, one orbit"] = (
    side * side,
    partial(chaos.keystream, "logistic", lab_key, bytes(16), side * side),
)
jobs["compiled, 512 side by side (chaos_lanes)"] = (
    side * side,
    partial(chaos.lane_keystream, "logistic", lab_key, bytes(16), (1, side, side)),
)
jobs["AES-256-CTR"] = (
    side * side,
    partial(systems.get("aes_ctr").keystream, lab_key, bytes(12), side * side),
)
speeds = {name: n / 1e6 / seconds_of(job, 3) for name, (n, job) in jobs.items()}
show_table(
    [{"key bytes from": name, "MB/s": f"{speed:,.1f}"} for name, speed in speeds.items()],
    title="measured in this run",
)

# %% [markdown]
# **Reading the table.** The first four rows run the same function for the same number of bytes. Only the number of columns differs, and with it the number of steps that Python has to take. A compiled step costs no Python. So the gap between the two compiled rows has other reasons: a lane gives two bytes a step, and the processor need not wait for the step before. Speeds depend on your machine, and on what else it is doing.
#
# Fast does not mean safe. Each step of a lane shows 16 bits of its state. Together with the 24 bits above them they nearly decide what the next step shows. So whoever knows forty rows of two columns of a picture tries all $2^{24}$ values of those bits, keeps the one that predicts the rows she knows, and computes the rest of these columns.

# %% [markdown]
# ## 4. Confusion and diffusion
# **Arnold's cat map** sends the pixel at $(x, y)$ of a square picture to $(x + y, x + 2y) \bmod N$. It looks like a shuffle, but it is a *matrix*, and comes back.

# %%
cat = images.load("photos", size=128, count=4, colour=False).images[2:3]
period = permute.arnold_period(128)
rounds = [0, 1, 2, 5, period // 2, period - 1, period]
frames = [torch.from_numpy(permute.arnold(cat.numpy(), rounds=k)) for k in rounds]
show_grid(
    torch.cat(frames), ncols=7, labels=[f"{k} rounds" for k in rounds], title="The cat comes back"
)
assert torch.equal(frames[-1], cat)

# %% [markdown]
# **Reading the figure.** After five rounds it looks like noise; halfway a ghost stands there; after 96 rounds the cat is back. The secret, a number of rounds below 96, has not seven bits.
#
# The usual permutation is better: **sort an orbit**, and move the pixels by the sorting order, `moved[i] = flat[order[i]]`.

# %% [markdown]
# ### Exercise 08.4 · Undo a permutation
# Difficulty ●●○ · 6 minutes · in: `moved` uint8 `(n,)`, `order` int64 `(n,)` · out: `flat`, uint8 `(n,)`
#
# <details><summary>Hint: moved[order] is wrong</summary>That moves twice. You know flat[order[i]] = moved[i].</details>
# <details><summary>Hint: write to an index</summary>flat = torch.empty_like(moved); flat[order] = moved.</details>


# %%
def undo_order(moved, order):
    """The pixels back where they were."""
    ### BEGIN SOLUTION
    flat = torch.empty_like(moved)
    flat[order] = moved
    return flat
    ### END SOLUTION


# %%
undo_order = check("08.4", undo_order)

# %% [markdown]
# ### Diffusion: let every byte see all before it
# Then comes a keystream $k$ and a chain: with $m$ the moved pixels,
#
# $$c_i = (m_i + k_i + c_{i-1}) \bmod 256, \qquad c_{-1} = 0$$
#
# A change of one pixel runs through everything behind it. Below is the way back as a colleague wrote it. It is wrong in **two** ways.


# %%
def chain(moved, stream):
    """c = m + k + the cipher byte before, mod 256."""
    return ((moved.long() + stream.long()).cumsum(0) % 256).to(torch.uint8)


def unchain_broken(cipher, stream):
    """The moved pixels from the cipher bytes. Find the bugs."""
    plain = cipher.float() - stream.float()
    plain[1:] -= plain[:-1].clone()
    return plain.abs().to(torch.uint8)


# %% [markdown]
# ### Exercise 08.5 · Find the bug
# Difficulty ●●○ · 8 minutes · in: cipher, stream, uint8 `(n,)` · out: moved, uint8 `(n,)`
#
# <details><summary>Hint: which byte before?</summary>The chain adds the *cipher* byte before, so that one has to be subtracted.</details>
# <details><summary>Hint: −3 became 3</summary>mod 256, not absolute value: uint8 arithmetic wraps around by itself.</details>


# %%
def unchain(cipher, stream):
    """The moved pixels from the cipher bytes."""
    ### BEGIN SOLUTION
    before = torch.cat([torch.zeros(1, dtype=torch.uint8), cipher[:-1]])
    return cipher - stream - before
    ### END SOLUTION


# %%
unchain = check("08.5", unchain)

# %% [markdown]
# All together: the cipher of a hundred papers, in fifteen lines. (Starting points come from the key by HKDF; the papers use decimals.)


# %%
def schedule(key, n):
    """Sorting order and keystream of n bytes; no nonce, as in the papers."""
    first, second = chaos.seeds("logistic", key, b"", count=2)
    order = np.argsort(chaos.orbit("logistic", n, start=first)[:, 0], kind="stable")
    stream = chaos.to_bytes(chaos.orbit("logistic", n, start=second)[:, 0])
    return torch.from_numpy(order), torch.from_numpy(stream)


def encrypt(plain, key):
    order, stream = schedule(key, plain.numel())
    return chain(plain.flatten()[order], stream).reshape(plain.shape)


def decrypt(cipher, key):
    order, stream = schedule(key, cipher.numel())
    return undo_order(unchain(cipher.flatten(), stream), order).reshape(cipher.shape)


# %% [markdown]
# Grey, colour, not square, one pixel: each comes back bit for bit. The library's blocks agree.

# %%
key = bytes(range(32))
photo = images.load("photos", size=256, count=2, colour=False).images[1:2]
rng = torch.Generator().manual_seed(SEED)
for shape in ((1, 1, 256, 256), (1, 3, 20, 33), (1, 1, 1, 1)):
    picture = torch.randint(256, shape, generator=rng).to(torch.uint8)
    assert torch.equal(decrypt(encrypt(picture, key), key), picture)
order, stream = schedule(key, photo.numel())
moved = torch.from_numpy(permute.apply(photo.flatten().numpy(), order.numpy()))
assert torch.equal(moved, photo.flatten()[order])
chained = diffuse.chained(moved.numpy(), stream.numpy())
assert torch.equal(torch.from_numpy(chained).reshape(photo.shape), encrypt(photo, key))
print("round trips bit for bit; the library's permute and diffuse give the same bytes")

# %% [markdown]
# What each step hides:

# %%
secret = encrypt(photo, key)
steps = torch.cat([photo, moved.reshape(photo.shape), secret, decrypt(secret, key)])
show_grid(
    steps,
    labels=["plain", "permuted", "chained", "decrypted"],
    size=1.4,
    title="Confusion, then diffusion",
)
for name, picture in (("permuted", steps[1:2]), ("chained", steps[2:3])):
    print(f"{name}: χ² {metrics.chi_square(picture, 0.001).verdict}")

# %% [markdown]
# **Reading the figure.** The permutation keeps the histogram (the noise is as grey as the photograph); the chain flattens it.

# %% [markdown]
# ## 5. Decoration: DNA and S-boxes
# **DNA coding** writes a byte as four of the letters A, C, G, T under one of eight rules, adds or ⊕s a key strand, and decodes. Second prediction:

# %%
data, strand = photo.flatten().numpy(), stream.numpy()
coded = dna.xor(dna.encode(data, 1), dna.encode(strand, 1))
print("DNA, one fixed rule, equals plain ⊕:", np.array_equal(dna.decode(coded, 1), data ^ strand))
print("first pixel", data[0], "is", "".join(dna.BASES[b] for b in dna.encode(data[:1], 1)[0]))
every, rules = np.arange(256, dtype=np.uint8), range(1, 9)
tables = {dna.decode(dna.encode(every, a), b).tobytes() for a in rules for b in rules}
print("encode by one rule, decode by another: ", len(tables), "byte tables in all")

# %% [markdown]
# With one rule it *is* ⊕. With changing rules it is ⊕ and a choice of eight byte tables: three bits. It sounds like biology and adds next to nothing.
#
# **S-boxes** do add something: a byte table that no formula of degree one describes. Five of them, and the three figures that count: *nonlinearity* (distance from all affine functions, the more the better, 112 is the best known for a byte table), *differential uniformity* (how often a difference goes to one other, the less the better), SAC (a flipped bit flips each output bit half of the time).

# %%
boxes = {
    "identity": np.arange(256, dtype=np.uint8),
    "affine 5x + 7": substitute.affine(5, 7),
    "random": np.random.default_rng(SEED).permutation(256).astype(np.uint8),
    "from a chaotic orbit": substitute.key_sbox(chaos.orbit("logistic", 256, start=[0.3])[:, 0]),
    "AES": substitute.AES_SBOX,
}
show_table(
    [
        {
            "S-box": name,
            "nonlinearity": substitute.nonlinearity(box),
            "differential uniformity": substitute.differential_uniformity(box),
            "SAC": f"{substitute.strict_avalanche(box).mean():.3f}",
        }
        for name, box in boxes.items()
    ]
)
assert substitute.nonlinearity(boxes["AES"]) == 112
assert substitute.differential_uniformity(boxes["AES"]) == 4

# %% [markdown]
# The orbit's box is weaker than a random one: each state of an orbit determines the next, and sorting does not hide it. AES's is far better, and was made to be: 112 and 4 are provable.

# %% [markdown]
# ## Break it
# Your cipher of section 4 has a 256-bit key, a flat histogram, and $10^{287193}$ permutations. It has no nonce, so $\pi$ and $k$ are the same for every picture. The chain has no secret: `unchain` with a zero stream takes it away, and leaves
#
# $$e_i = p_{\pi(i)} + k_i \bmod 256$$
#
# Ask for **black**: $e = k$. Now ask for two pictures in which every pixel *says where it is*: one holds $j \bmod 256$ at place $j$, the other $\lfloor j / 256 \rfloor$.

# %% [markdown]
# ### Exercise 08.6 · Where did they go?
# Difficulty ●●○ · 8 minutes · in: list of uint8 `(n,)`, digits from low to high · out: int64 `(n,)`
#
# Put the digits together: place = d_0 + 256 d_1 + 256² d_2 + …
# <details><summary>Hint: nothing above 255</summary>Convert to long before you multiply.</details>
# <details><summary>Hint: which one is low?</summary>The first of the list.</details>


# %%
def places_from(digits):
    """The places that base-256 digits name."""
    ### BEGIN SOLUTION
    return sum(digit.long() * 256**power for power, digit in enumerate(digits))
    ### END SOLUTION


# %%
places_from = check("08.6", places_from)

# %% [markdown]
# The attack, given any encryption oracle. Three questions, then the victim's cipher image is read.


# %%
def read(oracle, seen):
    """A picture from its cipher image and three chosen pictures."""

    def answer(flat):
        cipher = oracle(flat.to(torch.uint8).reshape(seen.shape)).flatten()
        return unchain(cipher, torch.zeros_like(cipher))

    n = torch.arange(seen.numel())
    stream = answer(n * 0)
    order = places_from([answer(n % 256) - stream, answer(n // 256) - stream])
    if not torch.equal(order.sort().values, n):
        return None  # no permutation: this is another kind of cipher
    moved = unchain(seen.flatten(), stream)
    return undo_order(moved, order).reshape(seen.shape)


opened = read(lambda picture: encrypt(picture, key), secret)
print("your cipher, every byte read with 3 queries:", torch.equal(opened, photo))
aes = systems.get("aes_gcm")
under_aes = aes.encrypt(photo, key).as_images()
print("AES-GCM:", read(lambda p: aes.encrypt(p, key).as_images(), under_aes))
assert torch.equal(opened, photo)

# %% [markdown]
# What she asked for, and what she got:

# %%
n = torch.arange(photo.numel()).reshape(photo.shape)
asked = [(n * 0).to(torch.uint8), (n % 256).to(torch.uint8), (n // 256).to(torch.uint8)]
labels = ["black", "j mod 256", "⌊j / 256⌋", "victim's cipher", "read"]
show_grid(
    torch.cat([*asked, secret, opened]),
    labels=labels,
    size=1.3,
    title="Three questions, one picture",
)

# %% [markdown]
# **Reading the figure.** The three tiles on the left are all the attacker ever asked for. Third prediction: $\lceil \log_{256} 65536 \rceil = 2$ pictures reveal the permutation, one more the keystream. A huge number of keys says nothing about the work of an attacker who does not search.

# %% [markdown]
# ## Results
# The classical systems of the library, nonce held as in the papers, each with the best attack of the suite.

# %%
small = images.load("photos", size=64, count=3, colour=False).images
rows = []
classical = ("arnold_xor", "chaos_lanes", "henon_dna", "logistic", "hyperchen_two_way")
for name in (*classical, "aes_gcm", "chacha20"):
    system = systems.get(name)
    used = key[: system.key_length]
    tried, _ = attacks.suite(system, used, small, ("nonce held", "as used"))
    rows.append({"system": name})
    for setting in ("nonce held", "as used"):
        of_setting = [one for one in tried if one.setting == setting and not one.tells]
        best = max(of_setting, key=lambda result: (result.score, -result.queries))
        queries = best.queries if best.queries > 3 else "1 to 3"
        share = "all" if best.succeeded else "over 98 %"
        rows[-1][setting] = f"{share}, {queries} queries" if best.score > 0.98 else "nothing"
        assert best.score > 0.98 or best.score < 0.05
show_table(rows, title="bytes read by the best attack")
assert {row["as used"] for row in rows} == {"nothing"}

# %% [markdown]
# With a nonce held, everything opens, **AES too**: the keystream repeats. As used in this library, with a fresh nonce for each picture, none of these attacks does (the search of section 3 is not among them, because it needs known rows of the very same picture): the nonce, which no paper of this family mentions, does more than all the chaos. What
# speaks for AES-GCM is the rest: it refuses forgeries (lesson 06), was attacked for decades, and is fast:

# %% tags=["nbval-ignore-output"]
batch = images.load("photos", size=256, count=4, colour=False).images
times = []
for name in ("aes_gcm", "chacha20", *classical):
    system = systems.get(name)
    used = key[: system.key_length]
    seconds = seconds_of(lambda system=system, used=used: system.encrypt(batch, used), 3)
    times.append({"system": name, "MB/s": f"{batch.numel() / seconds / 1e6:.0f}"})
show_table(times, title="measured in this run")

# %% [markdown]
# ## Play with it
# Walk the bifurcation diagram. Find a window, zoom into it: what does it look like inside? Which map has no windows?


# %%
def walk(map="logistic", centre=3.85, zoom=4):
    """A part of a bifurcation diagram, twice as fine with every step of zoom."""
    parameter = {"logistic": "r", "sine": "r", "logistic_tent": "r"}[map]
    low, high = {"logistic": (2.8, 4.0), "sine": (0.7, 1.0), "logistic_tent": (0.5, 4.0)}[map]
    middle = low + (high - low) * (centre - 2.8) / 1.2
    half = (high - low) / 2**zoom
    values = np.linspace(max(low, middle - half), min(high, middle + half), 500)
    places, states = chaos.bifurcation(map, parameter, values, keep=120)
    figure, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.plot(places, states, ",", color="#0072B2", alpha=0.4)
    count = len(np.unique(states.reshape(500, 120)[250].round(5)))
    words = f"a circle of {count}" if count < 60 else "chaos"
    ax.set(xlabel=parameter, ylabel="x", title=f"{map}, {parameter} = {values[250]:.4f}: {words}")
    ax.axvline(values[250], color="#D55E00", lw=0.6)
    return figure


explore(walk, map=["logistic", "sine", "logistic_tent"], centre=(2.8, 4.0, 0.005), zoom=(1, 8))

# %% [markdown]
# ## Recap
# - Chaos forgets its start in some fifty steps (08.1), at the rate of its exponent (08.2), except in windows.
# - In floating point every orbit is a circle (08.3); in float32 a short one.
# - A permutation is undone by writing to its indices (08.4), a chain by the cipher byte before (08.5).
# - DNA with one rule is ⊕; an S-box is what adds nonlinearity.
# - Without a nonce, three chosen pictures read everything (08.6).
#
# **Typical mistakes**
# - *float32 orbits*: the keystream repeats. Symptom: `find_cycle` finds one.
# - *moved[order] to undo*: it moves twice. Symptom: noise where the picture should be.
# - *"10^287193 keys"*: counting what nobody searches.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. The exponent of the tent map at 2 is ln 2. Why do its orbits die in float64 after some 50 steps?
#    <details><summary>Answer</summary>Doubling shifts one bit out each step, and zeros come in: after 53 steps the number is 0.</details>
# 2. How many chosen pictures reveal a permutation of a 4096 × 4096 picture?
#    <details><summary>Answer</summary>2²⁴ places: three digits of base 256, so 3.</details>
# 3. Would a second chain, backwards, have saved the cipher?
#    <details><summary>Answer</summary>No. It has no secret either: undo it too. Lesson 06's machine did just that.</details>
# 4. And keys that depend on the picture's hash?
#    <details><summary>Answer</summary>Then chosen pictures have other keys than the victim: this attack fails. Others may not.</details>
# 5. Why is the orbit's S-box not as good as AES's?
#    <details><summary>Answer</summary>It is at best a random table, nonlinearity in the nineties. AES's was constructed: 112.</details>

# %% [markdown]
# Stuck? `hint("08.3")` shows one hint at a time, `reveal("08.3")` the reference.

# %%
hint("08.3")

# %% [markdown]
# ## References
# - Fridrich, *Symmetric ciphers based on two-dimensional chaotic maps*, Int. J. Bifurcation and Chaos 8(6), 1998.
# - Li, Lo, *Optimal quantitative cryptanalysis of permutation-only multimedia ciphers against plaintext attacks*, Signal Processing 91(4), 2011.
# - Alvarez, Li, *Some basic cryptographic requirements for chaos-based cryptosystems*, Int. J. Bifurcation and Chaos 16(8), 2006.
# - Daemen, Rijmen, *The design of Rijndael*, Springer 2002: the S-box.
# - O. P. Singh, K. N. Singh, A. K. Singh, Agrawal, *Deep learning-based image encryption techniques: Fundamentals, current trends, challenges and future directions*, Neurocomputing, 2024, Table 4.
