# %% [markdown]
# # 07 · Is it random?
# "The key passes all NIST tests." You write three of the fifteen tests, run all of them over a zoo of generators, and meet one that passes fourteen and
# fails one. Then you read a picture that it encrypted.
#
# | minutes | needs | papers |
# |---|---|---|
# | 70 | lesson 05 | NIST SP 800-22 rev. 1a; survey (Singh et al. 2024), Table 4 |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **compute** p-values of the frequency (07.1) and the runs test (07.2) and say what they mean;
# - **repair** a rank over GF(2), the heart of the matrix test (07.3);
# - **decide** over many sequences: how many may fail (07.4);
# - **measure** linear complexity with Berlekamp and Massey (07.5);
# - **break** a keystream that passes fourteen of fifteen tests (07.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** An observer with a piece of *known plaintext*: a file header, a black border, 24 bytes in all.
# - **What do they know?** The algorithm, the cipher image, those 24 bytes. Not the key.
# - **What counts as broken?** The rest of the keystream predicted.
# - **Not shown here:** trained generators (lessons 09–13 put their keys through the same battery).

# %%
import io
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import ListedColormap
from PIL import Image

from gansec_lib import attacks, chaos, images, systems
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.metrics import randomness
from gansec_lib.show.figures import show, show_grid, show_table
from gansec_lib.show.widgets import explore

# %% [markdown]
# Parameters: change them here, or from the command line. `FILE` may name a file of yours; the widget at the end tests it.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number
FILE: str = ""  # a file of your own for the widget; empty: none

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("07", PROFILE, SEED)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. A test gives p = 0.03. With which probability is the generator random?
# 2. You run all fifteen tests (162 to 188 p-values) on *perfect* bits. How often is at least one p below 0.01?
# 3. A generator passes all fifteen tests. Can its output be predicted?

# %% [markdown]
# ## 1. What a p-value says
# A test turns $n$ bits into a number that should be small, and asks: how often would *perfect* coins do at least as badly? That share is the **p-value**. For perfect coins it is uniform
# between 0 and 1. Below $\alpha = 0.01$ we call the sequence a failure, and are wrong once in a hundred.
#
# The **frequency test** adds up $\pm 1$: with $S = \sum (2 b_i - 1)$,
#
# $$p = \operatorname{erfc}\left(\frac{|S|}{\sqrt{2n}}\right)$$

# %% [markdown]
# ### Exercise 07.1 · Frequency
# Difficulty ●○○ · 6 minutes · in: bits, uint8 `(n,)` of 0 and 1 · out: p (float)
#
# `math.erfc` is the function. The standard's example: `1011010101` gives 0.527089.
# <details><summary>Hint: p is always near 0</summary>In uint8, 2·b − 1 of a 0 is 255: convert first.</details>
# <details><summary>Hint: a tensor comes back</summary>float(…) or .item() before math.erfc.</details>


# %%
def frequency(bits):
    """P-value of SP 800-22, 2.1."""
    ### BEGIN SOLUTION
    total = (2 * bits.double() - 1).sum().item()
    return math.erfc(abs(total) / math.sqrt(2 * len(bits)))
    ### END SOLUTION


# %%
frequency = check("07.1", frequency)

# %% [markdown]
# A thousand AES sequences and a thousand of a coin that falls on 1 in 50.5 % of the throws, 10,000 bits each:

# %%
aes_gcm = systems.get("aes_gcm")
key = bytes(range(32))


def aes_bits(rows, columns, nonce=0):
    """Bits of AES's keystream, uint8 (rows, columns); columns is a multiple of 8."""
    black = torch.zeros(1, 1, rows, columns // 8, dtype=torch.uint8)
    stream = aes_gcm.encrypt(black, key, nonce=nonce.to_bytes(12, "big")).as_images()
    return torch.from_numpy(np.unpackbits(stream[0, 0].numpy(), axis=1))


rng = torch.Generator().manual_seed(SEED)
bent = (torch.rand(1000, 10_000, generator=rng) < 0.505).to(torch.uint8)
coins = {"AES": aes_bits(1000, 10_000), "a coin of 50.5 %": bent}
p_values = {name: [frequency(row) for row in rows] for name, rows in coins.items()}
failing = {name: sum(p < 0.01 for p in found) / 10 for name, found in p_values.items()}
print("of 100 sequences fail at 0.01:", {name: round(share, 1) for name, share in failing.items()})

# %% [markdown]
# Their p-values in twenty bins:

# %%
figure, axes = plt.subplots(1, 2, figsize=(6.8, 2.4), sharey=True)
for ax, (name, found) in zip(axes, p_values.items(), strict=True):
    ax.hist(found, bins=20, range=(0, 1), color="#0072B2")
    ax.axhline(50, ls="--", color="#D55E00", lw=1)
    ax.set(xlabel="p", title=name)
axes[0].set_ylabel("sequences of 1000")
show(figure)

# %% [markdown]
# **Reading the figure.** AES is flat: every p is as likely as any other, and about 1 % lie below 0.01. The bent coin piles up at 0, and *still* most of its sequences pass. First prediction: p says
# nothing about "the probability that it is random". It is how often perfect coins do worse.

# %% [markdown]
# ## 2. Fifteen ways to be bad
# The **runs test** counts changes: $V = 1 + \sum [b_i \ne b_{i+1}]$. With $\pi$ the share of ones,
#
# $$p = \operatorname{erfc}\left(\frac{|V - 2 n \pi (1-\pi)|}{2 \sqrt{2n}\, \pi (1-\pi)}\right)$$
#
# It makes sense only where the frequency is about right: if $|\pi - \tfrac12| \ge 2/\sqrt n$, the standard says p = 0.

# %% [markdown]
# ### Exercise 07.2 · Runs
# Difficulty ●●○ · 8 minutes · in: bits, uint8 `(n,)` · out: p (float)
#
# The standard's example: `1001101011` gives 0.147232.
# <details><summary>Hint: division by zero</summary>All ones: π(1 − π) = 0. Return 0.0 first where |π − ½| ≥ 2/√n.</details>
# <details><summary>Hint: V is one too small</summary>The first bit begins a run: 1 + the number of changes.</details>


# %%
def runs(bits):
    """P-value of SP 800-22, 2.3."""
    ### BEGIN SOLUTION
    n = len(bits)
    share = bits.double().mean().item()
    if abs(share - 0.5) >= 2 / math.sqrt(n):
        return 0.0
    count = 1 + (bits[1:] != bits[:-1]).sum().item()
    spread = share * (1 - share)
    return math.erfc(abs(count - 2 * n * spread) / (2 * math.sqrt(2 * n) * spread))
    ### END SOLUTION


# %%
runs = check("07.2", runs)

# %% [markdown]
# Yours and the library's agree on real bits; so does the standard's own example.

# %%
row = coins["AES"][3]
assert abs(frequency(row) - randomness.frequency(row).p_values[0]) < 1e-12
assert abs(runs(row) - randomness.runs(row).p_values[0]) < 1e-12
example = torch.tensor([int(b) for b in "1001101011"], dtype=torch.uint8)
print(f"runs of 1001101011: {runs(example):.6f}")

# %% [markdown]
# The **matrix rank test** fills 32 × 32 matrices with bits and computes their rank over GF(2), where 1 + 1 = 0. Perfect bits give full rank in 28.88 % of
# the cases. Sequences that obey linear rules give less. This rank is a colleague's; it is wrong in **one** way, and often looks right.


# %%
def rank_broken(matrix):
    """Rank over GF(2) of a bool matrix. Find the bug."""
    rows, rank = matrix.clone(), 0
    for column in range(rows.shape[1]):
        if rank < len(rows) and rows[rank, column]:
            rows[rank + 1 :] ^= rows[rank + 1 :, column : column + 1] & rows[rank]
            rank += 1
    return rank


# %% [markdown]
# ### Exercise 07.3 · Find the bug
# Difficulty ●●○ · 10 minutes · in: bool `(R, C)` · out: rank (int)
#
# <details><summary>Hint: [[0, 1], [1, 0]] has rank 2</summary>What if the next row has a 0 in this column, and a later row a 1? Bring that row up first.</details>
# <details><summary>Hint: swapping rows of a tensor</summary>rows[[a, b]] = rows[[b, a]] works; a, b = b, a on views does not.</details>


# %%
def rank(matrix):
    """Rank over GF(2) of a bool matrix."""
    ### BEGIN SOLUTION
    rows, found = matrix.clone(), 0
    for column in range(rows.shape[1]):
        below = rows[found:, column].nonzero().flatten()
        if not len(below):
            continue
        pivot = found + int(below[0])
        rows[[found, pivot]] = rows[[pivot, found]]
        rows[found + 1 :] ^= rows[found + 1 :, column : column + 1] & rows[found]
        found += 1
        if found == len(rows):
            break
    return found
    ### END SOLUTION


# %%
rank = check("07.3", rank)

# %% [markdown]
# How often is the rank full? Yours on 300 matrices of AES bits, beside the theory:

# %%
matrices = aes_bits(300, 1024, nonce=5).reshape(300, 32, 32).bool()
full = sum(rank(m) == 32 for m in matrices) / 3
broken = sum(rank_broken(m) == 32 for m in matrices) / 3
print(f"full rank: {full:.0f} % (theory 28.9 %), by the broken one: {broken:.0f} %")
assert 20 < full < 38 and broken < 5

# %% [markdown]
# The remaining twelve are in the library, each a function: `randomness.dft(bits)`, `randomness.serial(bits)`, … What they look for:
#
# | test | sees |
# |---|---|
# | frequency, block frequency, cumulative sums | too many ones, everywhere or in places |
# | runs, longest run | bits that stick or flip too much |
# | rank, linear complexity | linear rules |
# | dft | rhythms |
# | non-overlapping, overlapping templates | words too frequent or too rare |
# | universal | what could be compressed |
# | approximate entropy, serial | uneven words of m bits |
# | random excursions (and variant) | a walk that returns in a wrong way |

# %% [markdown]
# ## 3. The zoo
# Nine generators, from bent coins to AES; `lfsr` is a shift register: each bit is the ⊕ of two earlier ones, $b_i = b_{i-L} \oplus b_{i-L+k}$, seeded with $L$ key bits. Hardware loves
# them: a handful of gates, and a period of $2^L - 1$.


# %%
def lfsr(length, tap, n, seed):
    """n bits of the shift register x^length + x^tap + 1, seeded by a key number."""
    bits = np.zeros(n, dtype=np.uint8)
    bits[:length] = np.random.default_rng(seed).integers(0, 2, length)
    step = length - tap  # so many new bits depend on old ones only
    for i in range(length, n, step):
        end = min(i + step, n)
        bits[i:end] = bits[i - length : end - length] ^ bits[i - step : end - step]
    return bits


print("".join(map(str, lfsr(4, 1, 24, seed=3))), " x⁴ + x + 1 repeats after 15")

# %% [markdown]
# Twenty sequences of a million bits each.

# %%
many, n = 20, 10**6
rng = np.random.default_rng(SEED)
twister = np.random.RandomState(SEED)  # MT19937
orbit = chaos.orbit("logistic", many * n // 8, start=[0.3])
sticky = rng.random((many, n)) < 0.499  # whether the next bit differs
beat = np.arange(n) % 64 == 0
zoo = {
    "coin, 50.1 % ones": (rng.random((many, n)) < 0.501).astype(np.uint8),
    "sticky coin": (np.cumsum(sticky, axis=1) & 1).astype(np.uint8),
    "a 1 every 64 bits": (rng.integers(0, 2, (many, n), dtype=np.uint8) | beat).astype(np.uint8),
    "logistic map, top bits": np.unpackbits(chaos.to_bytes(orbit, "raw").ravel()).reshape(many, n),
    "logistic map, low bits": np.unpackbits(chaos.to_bytes(orbit).ravel()).reshape(many, n),
    "lfsr of 31": np.stack([lfsr(31, 3, n, seed) for seed in range(many)]),
    "lfsr of 89": np.stack([lfsr(89, 38, n, seed) for seed in range(many)]),
    "Mersenne Twister": np.unpackbits(
        twister.randint(0, 256, many * n // 8).astype(np.uint8)
    ).reshape(many, n),
    "AES": aes_bits(many, n, nonce=7).numpy(),
}
print(f"{len(zoo)} generators, {many} sequences of {n} bits each")

# %% [markdown]
# And the battery: all fifteen tests on all of them.

# %%
batteries = {name: randomness.battery(rows, threads=2) for name, rows in zoo.items()}
fails = {
    name: [test for test in randomness.TESTS if found.verdict(test) is False]
    for name, found in batteries.items()
}
for name, found in fails.items():
    print(f"{name:24} fails {len(found):2}: {', '.join(found) if len(found) < 4 else '…'}")

# %% [markdown]
# As a chart:

# %% tags=["gallery"]
level = {True: 0, None: 1, False: 2}
grid = [[level[found.verdict(test)] for test in randomness.TESTS] for found in batteries.values()]
figure, ax = plt.subplots(figsize=(6.8, 4.2))
ax.imshow(
    grid, cmap=ListedColormap(["#DDEBF5", "#EEEEEE", "#D55E00"]), vmin=0, vmax=2, aspect="auto"
)
ax.set_xticks(
    range(15), [t.replace("_", " ") for t in randomness.TESTS], rotation=60, ha="right", fontsize=8
)
ax.set_yticks(range(len(zoo)), list(zoo))
ax.set_xticks(np.arange(-0.5, 15), minor=True)
ax.set_yticks(np.arange(-0.5, len(zoo)), minor=True)
ax.grid(which="minor", color="white", lw=2)
ax.grid(which="major", visible=False)
ax.tick_params(which="both", length=0)
ax.set_title("Orange fails, blue passes, grey could not be run")
show(figure)

# %% [markdown]
# **Reading the figure.** Each bad habit lights up other columns: no single test sees them all. (Grey: in some sequences the walk returns to zero too rarely for the excursion tests;
# they refuse to give a number.) One row has exactly **one** orange field: the shift register of 89 bits fails *linear complexity* and nothing else. Three rows are blue throughout. Are these three equally good?

# %%
assert fails["lfsr of 89"] == ["linear_complexity"]
assert fails["AES"] == fails["Mersenne Twister"] == [] and len(fails["lfsr of 31"]) >= 4
print("fourteen passed or refused, one failed:", fails["lfsr of 89"])

# %% [markdown]
# ## 4. One sequence is an anecdote
# Second prediction. Look at each AES sequence alone, all its p-values, level 0.01:

# %%
least = [min(p for test in one.values() for p in test.p_values) for one in batteries["AES"].results]
values = sum(len(test.p_values) for test in batteries["AES"].results[0].values())
found = sum(p < 0.01 for p in least)
print(f"AES sequences with a p below 0.01: {found} of {many} ({values} p-values or more each)")
print(f"expected for perfect bits: {many * (1 - 0.99**values):.0f}")
assert 12 <= found <= 20

# %% [markdown]
# *A good generator fails a badly used test.* A paper that prints fifteen p-values of **one** sequence has shown nothing, and one that prints its best sequence less than nothing. So the standard
# takes many sequences, say 100, and asks two things of every test: does the right **share** pass, and are the p-values **uniform**?
#
# Of $m$ sequences a share of at least $(1-\alpha) - 3\sqrt{\alpha(1-\alpha)/m}$ must pass.

# %% [markdown]
# ### Exercise 07.4 · How many must pass?
# Difficulty ●○○ · 5 minutes · in: number of sequences `m`, level `alpha` · out: whole number
#
# The smallest whole number of passing sequences that satisfies the rule.
# <details><summary>Hint: 96.02 sequences</summary>Whole and *at least*: round up.</details>
# <details><summary>Hint: m = 1000 gives 981</summary>1000 · (0.99 − 3 √(0.0099/1000)) = 980.56….</details>


# %%
def least_passing(m, alpha=0.01):
    """How many of m sequences must pass (SP 800-22, 4.2.1)."""
    ### BEGIN SOLUTION
    share = (1 - alpha) - 3 * math.sqrt(alpha * (1 - alpha) / m)
    return math.ceil(m * share)
    ### END SOLUTION


# %%
least_passing = check("07.4", least_passing)

# %% [markdown]
# The first lines of the standard's *final analysis* for AES: ten bins of p-values, the p-value of the p-values, the proportion.

# %%
assert least_passing(many) == randomness.least_passing(many)
lines = batteries["AES"].final_analysis().splitlines()
print("\n".join(lines[:9]))
stars = sum("*" in line for line in lines)
print(f"… {len(batteries['AES'].rows)} rows in all, {stars} with a star")

# %% [markdown]
# A star marks a row below the limit. With twenty sequences 18 passes are too few, and perfect bits have that in 1.7 % of the rows: about three of 188, and more by luck, as templates share their bits.
# The battery's verdicts allow for that (Bonferroni); with 100 sequences or more the limits are sharper. Count your tests before you accuse.
#
# And a picture is *short*. A 256 × 256 grey cipher image has 524,288 bits; three tests want a million. The battery refuses and says so; many papers print a number anyway.

# %%
short = randomness.battery(aes_bits(256, 2048).flatten())
for test, why in short.refused.items():
    print(f"{test}: {why.split(': ')[-1]}")
assert "linear_complexity" in short.refused

# %% [markdown]
# ## 5. The shortest rule
# **Linear complexity** is the length $L$ of the shortest shift register that makes a sequence: $b_i = c_1 b_{i-1} \oplus \dots \oplus c_L b_{i-L}$. Perfect bits of length $n$ have $L \approx n/2$. Berlekamp and
# Massey find it bit by bit. Keep a rule `c` (with `c[0] = 1`), an old rule `b`, and the place `m` where `b` failed. At bit $i$:
#
# 1. discrepancy $d = b_i \oplus c_1 b_{i-1} \oplus \dots \oplus c_L b_{i-L}$; if 0, go on;
# 2. else keep a copy of `c`; `c[j + i − m] ^= b[j]` for all j;
# 3. if $2L \le i$: $L = i + 1 - L$, `b` = the copy, `m = i`.
#
# Begin with `c = b = [1, 0, 0, …]`, `L = 0`, `m = −1`.

# %% [markdown]
# ### Exercise 07.5 · Berlekamp–Massey
# Difficulty ●●● · 15 minutes · in: list of 0 and 1 · out: the rule `[c_1, …, c_L]`, a list of 0 and 1
#
# Its length is the linear complexity; an empty list for zeros only.
# <details><summary>Hint: lists of which length?</summary>Make c and b one longer than the sequence; return c[1 : L + 1].</details>
# <details><summary>Hint: L is too small</summary>The test 2L ≤ i uses the L before the step, and the copy is taken before c changes.</details>


# %%
def shortest_rule(bits):
    """Coefficients of the shortest linear rule that makes the bits."""
    ### BEGIN SOLUTION
    n, length, m = len(bits), 0, -1
    c, b = [1] + [0] * n, [1] + [0] * n
    for i in range(n):
        wrong = bits[i]
        for j in range(1, length + 1):
            wrong ^= c[j] & bits[i - j]
        if not wrong:
            continue
        kept = c[:]
        for j in range(n + 1 - (i - m)):
            c[j + i - m] ^= b[j]
        if 2 * length <= i:
            length, b, m = i + 1 - length, kept, i
    return c[1 : length + 1]
    ### END SOLUTION


# %%
shortest_rule = check("07.5", shortest_rule)

# %% [markdown]
# The complexity of the first $n$ bits, growing $n$:

# %%
lengths = list(range(10, 401, 10))
profile = {
    name: [len(shortest_rule(zoo[name][0, :n].tolist())) for n in lengths]
    for name in ("lfsr of 31", "lfsr of 89", "Mersenne Twister", "AES")
}
figure, ax = plt.subplots(figsize=(6.4, 3.0))
for name, line in profile.items():
    ax.plot(lengths, line, label=name, lw=3 if name == "Mersenne Twister" else 1.5)
ax.set(xlabel="bits seen", ylabel="length of the shortest rule")
ax.set_title("A rule that stops growing is the key")
ax.legend()
show(figure)
assert profile["lfsr of 89"][-1] == 89 and profile["AES"][-1] > 180

# %% [markdown]
# **Reading the figure.** AES's rule grows with half the bits: it explains nothing. The shift register's stops at 89, after 178 bits: from there on it *predicts*. The Twister follows AES here; its rule has length 19,937, and blocks
# of 500 bits never show it.

# %% [markdown]
# ## Break it
# A camera encrypts its pictures by ⊕ with the shift register of 89 bits. Its key has 89 bits, too many to search, and fourteen tests are happy. The attacker knows the picture's first 24 bytes: a black border.

# %%
photo = images.load("photos", size=256, count=2, colour=False).images[1:2]
photo[:, :, :2] = 0  # the border
stream = np.packbits(lfsr(89, 38, 8 * photo.numel(), seed=2026))
cipher = photo ^ torch.from_numpy(stream).reshape(photo.shape)
known = cipher.flatten()[:24] ^ 0  # cipher ⊕ known plaintext = keystream
known_bits = np.unpackbits(known.numpy()).tolist()
rule = shortest_rule(known_bits)
places = [j + 1 for j, c in enumerate(rule) if c]
print(f"{len(known_bits)} known bits, rule of length {len(rule)}, places {places}")

# %% [markdown]
# ### Exercise 07.6 · Predict
# Difficulty ●●○ · 8 minutes · in: rule `[c_1, …, c_L]`, known bits (a list, L or more), `n` · out: list of the next `n` bits
#
# <details><summary>Hint: the order</summary>c_1 belongs to the bit just before: rule[j] goes with bits[-1 - j].</details>
# <details><summary>Hint: it takes minutes</summary>Keep the places of the ones in a list once; add up only those.</details>


# %%
def predict(rule, known, n):
    """The n bits that follow the known ones."""
    ### BEGIN SOLUTION
    places = [-1 - j for j, c in enumerate(rule) if c]
    bits = list(known)
    for _ in range(n):
        bits.append(sum(bits[place] for place in places) & 1)
    return bits[len(known) :]
    ### END SOLUTION


# %%
predict = check("07.6", predict)

# %% [markdown]
# The attack. Negative control: the same picture under AES-GCM, the same 24 known bytes.


# %%
def read(cipher):
    """The picture, from its cipher image and a border of 24 black bytes."""
    known = np.unpackbits(cipher.flatten()[:24].numpy()).tolist()
    rest = predict(shortest_rule(known), known, 8 * cipher.numel() - len(known))
    guess = np.packbits(np.array(known + rest, dtype=np.uint8))
    return cipher ^ torch.from_numpy(guess).reshape(cipher.shape)


under_aes = aes_gcm.encrypt(photo, key, nonce=bytes(12)).as_images()
opened, failed = read(cipher), read(under_aes)
right = (failed == photo).flatten()[24:].double().mean().item()
print("shift register: every byte read:", torch.equal(opened, photo))
print(f"AES: {100 * right:.1f} % of the bytes, guessing gives 0.4 %")
assert torch.equal(opened, photo) and right < 0.02

# %% [markdown]
# Cipher, what she read, and AES:

# %%
show_grid(
    torch.cat([cipher, opened, failed]),
    labels=["shift register", "read from 24 bytes", "AES: nothing"],
    size=1.5,
    title="Fourteen tests passed, every byte read",
)

# %% [markdown]
# **Reading the figure.** The left tile is the noise that fourteen tests called random. Failing **one** test, only the right one, was enough.
#
# And *passing all fifteen*? The Mersenne Twister did. Show 624 of its outputs to `recover_mt19937`:

# %%
generator = np.random.RandomState(2026)
outputs = [int(v) for v in generator.randint(0, 2**32, 624, dtype=np.uint64)]
recovered = attacks.recover_mt19937(outputs)
future = [int(v) for v in generator.randint(0, 2**32, 1000, dtype=np.uint64)]
guessed = recovered.predict(1000)
print("the next 1,000 outputs of the Twister predicted:", list(map(int, guessed)) == future)
assert list(map(int, guessed)) == future

# %% [markdown]
# Third prediction: **yes**, it can be predicted, all of it, from 2,496 bytes. SP 800-22 says so itself: passing does not replace cryptanalysis.

# %% [markdown]
# ## Results
# Measured here (20 × 10⁶ bits each), beside what is claimed and what is possible.

# %%
opened_by = {
    "lfsr of 31": "8 known bytes",
    "lfsr of 89": "23 known bytes",
    "Mersenne Twister": "2,496 known bytes",
    "AES": "nothing known",
}
show_table(
    [
        {
            "generator": name,
            "tests failed": f"{len(found)} of 15",
            "opened by": opened_by.get(name, ""),
        }
        for name, found in fails.items()
    ]
    + [{"generator": "published: [5], a GAN", "tests failed": "0", "opened by": "lesson 09"}]
    + [{"generator": "possible", "tests failed": "0", "opened by": "nothing"}]
)

# %% [markdown]
# ## Play with it
# Feed the battery: a photograph's bytes, the same as PNG, the same under AES, or your own file (parameter `FILE`). How many bits does it take until the PNG is found out? On the command line: `gansec randomness FILE`.

# %%
as_png = io.BytesIO()
colour = images.load("photos", size=512, count=1).images[0].permute(1, 2, 0).numpy()
Image.fromarray(colour).save(as_png, "PNG")
twice = photo.repeat(2, 1, 1, 1)
files = {
    "photograph": twice.numpy().tobytes(),
    "as PNG": as_png.getvalue(),
    "under AES": aes_gcm.encrypt(twice, key, nonce=bytes(12)).as_images().numpy().tobytes(),
}
if FILE:
    files[Path(FILE).name] = Path(FILE).read_bytes()

# %% [markdown]
# The least p of each test, times the number of its p-values (so that many do not count against it).


# %%
def test_file(file="as PNG", kilobits=400):
    """The least p-value of each test on the first bits of a file."""
    found = randomness.battery(files[file][: kilobits * 125], packed=True).results[0]
    names = [name for name in randomness.TESTS if name in found]
    figure, ax = plt.subplots(figsize=(6.4, 3.2))
    least = [min(1.0, min(found[name].p_values) * len(found[name].p_values)) for name in names]
    colours = ["#D55E00" if p < 0.001 else "#0072B2" for p in least]
    ax.barh(
        [n.replace("_", " ") for n in names],
        [min(20, -math.log10(p + 1e-300)) for p in least],
        color=colours,
    )
    ax.axvline(3, ls="--", lw=1, color="#555555")
    ax.set(xlabel="−log₁₀ p (least, Bonferroni)", xlim=(0, 20))
    ax.set_title(f"{file}, {kilobits} kbit: {colours.count('#D55E00')} of {len(names)} tests fail")
    return figure


explore(test_file, file=list(files), kilobits=(10, 1000, 10))

# %% [markdown]
# ## Recap
# - A p-value is how often perfect bits do worse; it is uniform for them (07.1, 07.2).
# - Each test sees its own kind of fault; the matrix test sees linear rules (07.3).
# - One sequence proves nothing: shares and uniformity over many (07.4).
# - A linear rule of length L is known after 2L bits (07.5), and then predicts all (07.6).
# - Passing all fifteen is necessary, never sufficient: the Twister passes.
#
# **Typical mistakes**
# - *p = 0 for everything*: uint8 arithmetic in 2b − 1.
# - *"One p of 188 is 0.004, so AES is broken"*: count how many you looked at.
# - *Tests on 65,536 bits*: most limits assume far more. The library refuses.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. All p-values of a generator lie between 0.4 and 0.6. Good?
#    <details><summary>Answer</summary>No: they must be uniform. Something is too regular to be chance.</details>
# 2. How many bytes does the attack on a shift register of 128 bits need?
#    <details><summary>Answer</summary>2 · 128 = 256 bits: 32 bytes.</details>
# 3. Why does the rank test see a register of 31 but not one of 89?
#    <details><summary>Answer</summary>Rows of 32 bits from a rule of 31 are dependent; a rule of 89 does not show within them.</details>
# 4. A paper tests one sequence of 10⁶ bits and all p > 0.01. What did luck contribute?
#    <details><summary>Answer</summary>Perfect bits manage that in about 15 to 20 % of the tries.</details>
# 5. Which fact about AES-CTR do these tests not show?
#    <details><summary>Answer</summary>That nobody can predict it. That rests on decades of failed attacks.</details>

# %% [markdown]
# Stuck? `hint("07.5")` shows one hint at a time, `reveal("07.5")` the reference.

# %%
hint("07.5")

# %% [markdown]
# ## References
# - Rukhin et al., *A statistical test suite for random and pseudorandom number generators for cryptographic applications*, NIST SP 800-22 rev. 1a, 2010.
# - Massey, *Shift-register synthesis and BCH decoding*, IEEE Trans. Information Theory 15(1), 1969.
# - Matsumoto, Nishimura, *Mersenne Twister*, ACM TOMACS 8(1), 1998.
# - Pareschi, Rovatti, Setti, *On statistical tests for randomness included in the NIST SP800-22 test suite*, IEEE TIFS 7(2), 2012.
