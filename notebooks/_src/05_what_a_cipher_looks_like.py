# %% [markdown]
# # 05 · What a cipher image looks like
# Every paper on image encryption shows the same figures: a flat histogram, an entropy near 8, a correlation near 0. Here
# you compute each of them, learn what it can and cannot see, and then open a cipher that passes them all.
#
# | minutes | needs | papers |
# |---|---|---|
# | 65 | lesson 00 | survey (Singh et al. 2024), Tables 4 and 8 |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **compute** χ² of a histogram and say which value is too good (05.1);
# - **compute** entropy (05.2) and **infer** from a published one how large the picture was (05.3);
# - **measure** what a pixel tells about its neighbour (05.4), and show a dependence that correlation misses;
# - **repair** a PSNR (05.5) and say why a low one proves nothing;
# - **break** a cipher that passes every figure of this lesson (05.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** An *observer*: she has cipher images and knows the algorithm (Kerckhoffs), not the key.
# - **What may she do?** Look, count, and try keys on her own machine. No chosen pictures yet (lesson 13).
# - **What counts as broken?** Any part of the plain picture read, or cipher images told from noise.
# - **Not shown here:** what changing one bit does (lesson 06), and all fifteen tests of SP 800-22 (lesson 07).

# %%
import math

import matplotlib.pyplot as plt
import torch
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gansec_lib import attacks, images, metrics, systems
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.metrics import quality
from gansec_lib.show.figures import (
    show,
    show_curves,
    show_grid,
    show_histograms,
    show_source,
    show_table,
)
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
course = start("05", PROFILE, SEED)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. A cipher only moves pixels to other places. Which of its figures look perfect: histogram, entropy, correlation?
# 2. A paper reports an entropy of 7.9993 and another 7.9975. Which cipher is better?
# 3. Every figure of a cipher lies where random bytes would lie. Is it secure?

# %% [markdown]
# ## 1. Four ways to hide a picture
# Four small ciphers, from hopeless to the one the world uses:
# - **one byte**: every pixel ⊕ the same secret byte;
# - **shuffle**: pixels keep their values and move to secret places;
# - **ECB**: AES on blocks of 16 pixels, each alone: equal blocks give equal blocks;
# - **AES-GCM**: AES as a keystream, with a nonce and a tag.

# %%
key = bytes(range(32))
aes_gcm = systems.get("aes_gcm")


def one_byte(plain):
    return plain ^ 0xA7


def shuffle(plain):
    order = torch.randperm(plain[0].numel(), generator=torch.Generator().manual_seed(7))
    return plain.flatten(1)[:, order].reshape(plain.shape)


def ecb(plain):
    engine = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    secret = engine.update(plain.numpy().tobytes())
    return torch.frombuffer(bytearray(secret), dtype=torch.uint8).reshape(plain.shape)


def gcm(plain):
    return aes_gcm.encrypt(plain, key, nonce=bytes(12)).as_images()


# %% [markdown]
# Eight photographs in grey, 256 × 256, and a drawing in five flat greys. (The nonce is fixed here only so that your
# figures are ours; `encrypt` draws a fresh one when you give none.)

# %%
photos = images.load("photos", size=256, count=8, colour=False).images
face = images.load("faces", size=256, count=1, seed=3).images
drawing = face.float().mean(1, keepdim=True).div(64).round().mul(64).clamp(0, 255).to(torch.uint8)
plain = torch.cat([drawing, photos])
ciphers = {
    "plain": torch.clone,
    "one byte": one_byte,
    "shuffle": shuffle,
    "ECB": ecb,
    "AES-GCM": gcm,
}
hidden = {name: cipher(plain) for name, cipher in ciphers.items()}
print("plain", tuple(plain.shape), plain.dtype)

# %% [markdown]
# Shape check: `(9, 1, 256, 256)`, bytes. The first picture, hidden in four ways:

# %% tags=["gallery"]
two = torch.stack([secret[row] for row in (0, 2) for secret in hidden.values()])
show_grid(
    two,
    ncols=5,
    labels=[*hidden, *[""] * 5],
    size=1.05,
    title="Hidden in four ways: a drawing and a photograph",
)

# %% [markdown]
# **Reading the figure.** One byte changes the colours, not the picture. Shuffle leaves noise, but noise as dark or bright as the picture
# was. ECB hides the photograph and draws the drawing: wherever 16 equal pixels repeat, so does their cipher block. Only the last
# column looks the same for both pictures. Your eye is the first test; now the figures of the papers.

# %% [markdown]
# ## 2. A flat histogram
# Count how often each byte value occurs: $o_0 \dots o_{255}$. For $n$ random bytes each count is near $e = n/256$. How near is fair?
# Pearson's statistic adds up the misses:
#
# $$\chi^2 = \sum_{v=0}^{255} \frac{(o_v - e)^2}{e}$$
#
# For random bytes it is 255 on average, *not* 0, with a spread of $\sqrt{2 \cdot 255} \approx 22.6$. One picture in twenty exceeds 293.25.

# %%
show_histograms(
    torch.stack([secret[2] for secret in hidden.values()]),
    labels=list(hidden),
    title="Moving pixels or renaming values keeps the peaks",
)

# %% [markdown]
# **Reading the figure.** Shuffle has *exactly* the plain histogram: same pixels. One byte has the same peaks in other places. ECB flattens this
# photograph; on the drawing it would draw spikes, since flat areas repeat one block. AES-GCM is flat up to chance.

# %% [markdown]
# ### Exercise 05.1 · χ² of a histogram
# Difficulty ●○○ · 8 minutes · in: uint8 `(N, C, H, W)` · out: float64 `(N,)`
#
# One χ² for each picture, all its channels in one histogram.
# <details><summary>Hint: the shape is ()</summary>One histogram a picture: torch.bincount of each flattened picture, with minlength=256.</details>
# <details><summary>Hint: values that never occur</summary>They count too: (0 − e)²/e = e. That is what minlength is for.</details>


# %%
def chi_square(pictures):
    """χ² of each picture's histogram against a flat one."""
    ### BEGIN SOLUTION
    found = []
    for picture in pictures:
        counts = torch.bincount(picture.flatten().long(), minlength=256).double()
        expected = picture.numel() / 256
        found.append(((counts - expected) ** 2 / expected).sum())
    return torch.stack(found)
    ### END SOLUTION


# %%
chi_square = check("05.1", chi_square)

# %% [markdown]
# The library counts the whole batch at once; the numbers are the same. From here on we may use either.

# %%
assert torch.allclose(chi_square(plain), metrics.chi_square_values(plain))
show_table(
    [
        {"cipher": name, "least χ²": low, "largest χ²": high}
        for name, secret in hidden.items()
        for low, high in [(chi_square(secret).min(), chi_square(secret).max())]
    ],
    title="nine pictures; random bytes: 255 ± 23, above 293 once in twenty",
)

# %% [markdown]
# Is AES-GCM perfect, then? Encrypt 400 black pictures: 26 million bytes of pure AES. Their χ² values as a histogram, with the curve that
# theory gives (a χ² law with 255 degrees of freedom):

# %%
noise = gcm(torch.zeros(400, 1, 256, 256, dtype=torch.uint8))
values = chi_square(noise)
share = (values > metrics.chi_square_critical(0.05)).double().mean().item()
print(f"{100 * share:.1f} % of the AES pictures fail at the 5 % level")
assert 0.02 < share < 0.09
x = torch.linspace(180, 340, 161, dtype=torch.float64)
density = torch.exp(
    126.5 * torch.log(x) - x / 2 - 127.5 * math.log(2) - torch.lgamma(torch.tensor(127.5).double())
)
figure, ax = plt.subplots(figsize=(6.4, 2.8))
ax.hist(values, bins=24, density=True, color="#BBBBBB", label="400 AES pictures")
ax.plot(x, density, color="#0072B2", label="theory")
ax.axvline(metrics.chi_square_critical(0.05), ls="--", color="#D55E00", label="5 % limit")
ax.set(xlabel="χ²", yticks=[])
ax.set_title("A perfect cipher fails one test in twenty")
ax.legend()
show(figure)

# %% [markdown]
# **Reading the figure.** The bars follow the curve; about 5 % of them lie right of the dashed line. A cipher that *never* failed
# would be suspicious: its bytes were arranged. "χ² = 213 < 293, passed" (survey, Table 8, row [73]) is fine; χ² = 0 would not be.

# %% [markdown]
# ## 3. Entropy, and what it forgets
# With shares $p_v = o_v / n$ the entropy is
#
# $$H = -\sum_v p_v \log_2 p_v \quad \text{bits a byte}, \qquad 0 \le H \le 8.$$
#
# Papers say: *close to 8, therefore random*. But random bytes do not reach 8. A finite sample is never quite flat, and a small
# picture is less flat than a large one.

# %% [markdown]
# ### Exercise 05.2 · Entropy
# Difficulty ●○○ · 6 minutes · in: uint8 `(N, C, H, W)` · out: float64 `(N,)`, bits
#
# <details><summary>Hint: I get nan</summary>0 · log 0 counts as 0: leave out the values that never occur, or use torch.special.xlogy.</details>
# <details><summary>Hint: 5.5 in place of 8</summary>Base 2: torch.log2, or divide by math.log(2).</details>


# %%
def entropy(pictures):
    """Shannon entropy of each picture's bytes, in bits."""
    ### BEGIN SOLUTION
    counts = [torch.bincount(p.flatten().long(), minlength=256) for p in pictures]
    share = torch.stack(counts).double() / pictures[0].numel()
    return -torch.special.xlogy(share, share).sum(1) / math.log(2)
    ### END SOLUTION


# %%
entropy = check("05.2", entropy)

# %% [markdown]
# The gap has a simple form. For small misses, $H \approx 8 - \dfrac{\chi^2}{2 n \ln 2}$, and $\chi^2$ is 255 on average. So entropy *is*
# χ², in another unit, with the size mixed in.

# %% [markdown]
# ### Exercise 05.3 · How large was their picture?
# Difficulty ●●○ · 6 minutes · in: a published entropy (float) · out: number of bytes `n` (float)
#
# An ideal cipher has $\chi^2 = 255$. From a published $H < 8$, compute the $n$ at which an ideal cipher would have just that entropy.
# <details><summary>Hint: start</summary>8 − H = 255 / (2 n ln 2). Solve for n.</details>
# <details><summary>Hint: a factor of 1.44</summary>ln is the natural logarithm: math.log(2).</details>


# %%
def bytes_behind(published):
    """The number of bytes whose ideal cipher image has this entropy."""
    ### BEGIN SOLUTION
    return 255 / (2 * math.log(2) * (8 - published))
    ### END SOLUTION


# %%
bytes_behind = check("05.3", bytes_behind)

# %% [markdown]
# Now read the survey's Table 8 with it. The side of a square grey picture that would fit each figure:

# %%
papers = {
    "[5]": "lsgan_rng",
    "[9]": "logistic_henon_sr",
    "[77]": "roi_aes",
    "[8]": "feistel_gan",
    "[4]": "deepkeygen",
    "[73]": "dcgan_blocks",
}
published = {paper: printed(name, "entropy") for paper, name in papers.items()}
show_table(
    [
        {
            "method": name,
            "published H": f"{h:.4f}",
            "an ideal one of side": round(bytes_behind(h) ** 0.5),
        }
        for name, h in published.items()
    ]
)

# %% [markdown]
# The second prediction: **neither**. 7.9993 and 7.9975 are both what an ideal cipher gives, at 512 × 512 and at 256 × 256. But 7.8091 fits
# only 31 × 31 pixels: at any usual size that cipher image is *not* random.

# %%
sizes = [32, 64, 128, 256, 512]
seen = [entropy(gcm(torch.zeros(20, 1, s, s, dtype=torch.uint8))).mean().item() for s in sizes]
exact = [metrics.expected_entropy(s * s) for s in sizes]
assert max(abs(a - b) for a, b in zip(seen, exact, strict=True)) < 0.003
low, high = zip(*(metrics.entropy_interval(s * s, 0.001) for s in sizes), strict=True)
figure, ax = plt.subplots(figsize=(6.4, 3.2))
ax.loglog(sizes, [8 - h for h in exact], color="#0072B2", label="exact mean of random bytes")
ax.fill_between(sizes, [8 - h for h in high], [8 - h for h in low], alpha=0.25)
ax.plot(sizes, [8 - h for h in seen], "o", color="#0072B2", label="AES, measured")
for name in ("[9]", "[5]", "[8]", "[4]", "[73]"):
    ax.axhline(8 - published[name], ls=":", lw=1, color="#D55E00")
    words = f"{name} {published[name]}"
    ax.text(570, 8 - published[name], words, fontsize=7, color="#D55E00", va="center")
ax.set(xlabel="side of a square grey picture", ylabel="8 − H, bits", xticks=sizes)
ax.set_xticklabels(sizes)
ax.set_xlim(28, 560)
ax.minorticks_off()
ax.set_title("An entropy means nothing without a size")
ax.legend()
show(figure)

# %% [markdown]
# **Reading the figure.** The blue line is how far random bytes stay below 8: four times the pixels, a quarter of the gap. A published figure (dotted)
# is possible only at the size where it meets the line. Papers rarely say which size they used.

# %% [markdown]
# ### What entropy forgets
# Entropy looks at the counts, never at the places. Picture number two hides nothing and is a perfect 8:

# %%
ramp = (
    torch.arange(256, dtype=torch.uint8).reshape(1, 1, 256, 1).expand(1, 1, 256, 256).contiguous()
)
blocks = torch.stack([noise[0], ramp[0]])
show_grid(blocks, labels=["AES", "a ramp"], size=1.1, title="Who has more?")
print(f"entropy: AES {entropy(noise[:1]).item():.4f}, ramp {entropy(ramp).item():.4f}")
print(f"χ²:      AES {chi_square(noise[:1]).item():.0f}, ramp {chi_square(ramp).item():.0f}")

# %% [markdown]
# **Local entropy** (Wu et al. 2013) looks at 30 random blocks of 44 × 44 (here of about that size, so that 30 fit without overlap)
# and takes the mean. The ramp has 44 values in a block and is caught. But look at the interval that papers quote with it.

# %%
ramp_local = metrics.local_entropy(ramp)["local_entropy"]
outside = {"local_entropy": 0, "local_entropy_published": 0}
for picture in noise[:200]:
    for name, metric in metrics.local_entropy(picture[None]).items():
        outside[name] += metric.verdict == "fail"
print(f"ramp: {ramp_local.value:.2f} bits, {ramp_local.verdict}")
print(f"AES outside the published 5 % interval: {outside['local_entropy_published'] / 2:.0f} %")
print(f"AES outside the right 5 % interval:     {outside['local_entropy'] / 2:.0f} %")
assert outside["local_entropy_published"] > 100 and outside["local_entropy"] < 24

# %% [markdown]
# The published interval divides the spread of one block by 30; the mean of 30 blocks spreads by $\sigma/\sqrt{30}$. So a *good cipher fails a badly used test*
# about three times in four. When a test and AES disagree, suspect the test first.

# %% [markdown]
# ## 4. Neighbours
# In a photograph a pixel nearly tells its neighbour. The correlation of all pairs $(x, y)$ of neighbours in one direction is
#
# $$r = \frac{\sum (x - \bar x)(y - \bar y)}{\sqrt{\sum (x - \bar x)^2 \sum (y - \bar y)^2}}$$
#
# 1 for photographs, 0 on average for random bytes, with a spread of $1/\sqrt{\text{pairs}}$: 0.004 at 256 × 256. Papers often draw 2,000
# pairs only; then anything below 0.044 passes.

# %% [markdown]
# ### Exercise 05.4 · Correlation of neighbours
# Difficulty ●●○ · 10 minutes · in: uint8 `(N, C, H, W)`, steps `down`, `right` · out: float64 `(N, C)`
#
# Correlation of each channel with itself moved by (`down`, `right`), all pairs, for steps of 0 or more.
# <details><summary>Hint: bytes wrap around</summary>Convert to double before you subtract a mean.</details>
# <details><summary>Hint: which pairs?</summary>First: pictures[:, :, :H-down, :W-right]. Second: pictures[:, :, down:, right:].</details>


# %%
def correlation(pictures, down, right):
    """Pearson correlation of neighbouring pixels, for each picture and channel."""
    ### BEGIN SOLUTION
    height, width = pictures.shape[2:]
    first = pictures[:, :, : height - down, : width - right].flatten(2).double()
    second = pictures[:, :, down:, right:].flatten(2).double()
    first = first - first.mean(2, keepdim=True)
    second = second - second.mean(2, keepdim=True)
    scale = (first.square().sum(2) * second.square().sum(2)).sqrt()
    return (first * second).sum(2) / scale
    ### END SOLUTION


# %%
correlation = check("05.4", correlation)

# %% [markdown]
# Pairs of neighbours as points: the pixel across, its right neighbour upwards.


# %%
def neighbour_pairs(picture, count=1500):
    first, second = picture[:, :, :-1].flatten(), picture[:, :, 1:].flatten()
    chosen = torch.randperm(len(first), generator=torch.Generator().manual_seed(1))[:count]
    return torch.stack([first[chosen], second[chosen]], 1)


figure, axes = plt.subplots(1, 4, figsize=(6.8, 2.3), sharey=True)
for ax, name in zip(axes, ("plain", "shuffle", "ECB", "AES-GCM"), strict=True):
    ax.scatter(*neighbour_pairs(hidden[name][2]).T, s=2, alpha=0.5, color="#0072B2", lw=0)
    r = correlation(hidden[name][2:3], 0, 1).item()
    ax.set(aspect="equal", xticks=[0, 255], yticks=[0, 255], xlabel="pixel")
    ax.set_title(f"{name}: r = {r:+.3f}", fontsize=8)
axes[0].set_ylabel("right neighbour")
figure.suptitle("Who knows the neighbour?", x=0.02, ha="left", fontweight="bold")
show(figure)

# %% [markdown]
# **Reading the figure.** The photograph lies along the diagonal. Shuffle fills the square unevenly: neighbours are independent now, values are not uniform.
# ECB and AES fill it evenly. First prediction: a shuffle has a perfect *correlation* and the plain *histogram and entropy*.

# %% [markdown]
# ### Zero correlation is not independence
# Here every second pixel is random and its right neighbour is a fold of it: $|2v - 255|$. You can compute it without any key.
# Correlation sees nothing. The **grey-level co-occurrence matrix** (GLCM) counts every pair $(i, j)$ and sees all of it.

# %%
folded = noise[1].clone()
folded[:, :, 1::2] = (2 * folded[:, :, 0::2].int() - 255).abs().to(torch.uint8)
pairs = metrics.glcm(torch.stack([plain[2], noise[0], folded]), offset=(0, 1), levels=64)[:, 0]
seen = (255 * (pairs / pairs.amax((1, 2), keepdim=True)) ** 0.4).to(torch.uint8)[:, None]
labels = [f"{n}: r = {correlation(p[None], 0, 1).item():+.3f}" for n, p in
          (("photo", plain[2]), ("AES", noise[0]), ("folded", folded))]  # fmt: skip
show_grid(seen, labels=labels, size=1.2, title="Co-occurrence of three pictures")

# %% [markdown]
# **Reading the figure.** Down: a pixel's value, from 0 at the top; across: its right neighbour's. The photograph lives on the diagonal, AES fills the square, the folded picture draws a V on a uniform ground (the ground is the pairs
# *between* the folds). Its correlation is as close to 0 as AES's. The GLCM's figures with their intervals:

# %%
for name, picture in (("AES", noise[:1]), ("folded", folded[None])):
    found = metrics.glcm_features(picture, alpha=0.001)
    words = ", ".join(f"{k.removeprefix('glcm_')} {m.verdict}" for k, m in found.items())
    print(f"{name:7} {words}")
assert metrics.glcm_features(folded[None], alpha=0.001)["glcm_energy"].verdict == "fail"

# %% [markdown]
# ## 5. Far from the plain picture?
# The last family compares cipher and plain image: $\text{MSE} = \overline{(p - c)^2}$ and $\text{PSNR} = 10 \log_{10}(255^2/\text{MSE})$ dB, "the lower the better".
# Below is a PSNR as a colleague wrote it. It runs, and it is wrong in **two** ways.


# %%
def psnr_broken(plain, cipher):
    """PSNR of each pair of pictures, dB. Find the bugs."""
    error = ((plain - cipher) ** 2).float().mean(dim=(1, 2, 3))
    return 10 * torch.log10(plain.amax(dim=(1, 2, 3)) ** 2 / error)


# %% [markdown]
# ### Exercise 05.5 · Find the bug
# Difficulty ●●○ · 8 minutes · in: two uint8 `(N, C, H, W)` · out: float tensor `(N,)`, dB
#
# Write the repaired function. Equal pictures give +inf.
# <details><summary>Hint: too good, and odd for black against white</summary>In uint8, 0 − 255 is 1 and 16² is 0: convert before you subtract.</details>
# <details><summary>Hint: depends on the picture's brightest pixel</summary>The peak is what a byte can hold, 255, whatever the picture holds.</details>


# %%
def psnr(plain, cipher):
    """PSNR of each pair of pictures, dB."""
    ### BEGIN SOLUTION
    error = (plain.double() - cipher.double()).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(255**2 / error)
    ### END SOLUTION


# %%
psnr = check("05.5", psnr)

# %% [markdown]
# Which is the best cipher by PSNR? One new candidate: the **negative**, $255 - p$, which hides nothing from anybody.

# %%
hidden["negative"] = 255 - plain
assert torch.allclose(psnr(plain, hidden["ECB"]), quality.psnr_values(plain, hidden["ECB"]))
brightest = int(((plain.double() - 127.5).abs()).mean((1, 2, 3)).argmax())
pick = slice(brightest, brightest + 1)
rows = [
    {
        "cipher": name,
        "PSNR, dB": f"{psnr(plain[pick], hidden[name][pick]).item():.2f}",
        "SSIM": f"{quality.ssim_values(plain[pick], hidden[name][pick]).item():+.3f}",
    }
    for name in ("negative", "AES-GCM", "ECB", "shuffle", "one byte")
]
show_table(rows, title="the picture with the strongest contrast")

# %% [markdown]
# By "lower is better" the negative beats AES. What PSNR *should* a perfect cipher have? Random bytes have mean 127.5 and variance
# $(256^2 - 1)/12 = 5461.25$, so
#
# $$\mathbb{E}[\text{MSE}] = \overline{(p - 127.5)^2} + 5461.25$$
#
# It depends on the *picture* alone. A bright picture gives 7 dB, a grey one 9.5 dB, with the same cipher.

# %%
expected_mse = (plain.double() - 127.5).square().mean((1, 2, 3)) + (256**2 - 1) / 12
expected_psnr = 10 * torch.log10(255**2 / expected_mse)
measured = psnr(plain, hidden["AES-GCM"])
assert (measured - expected_psnr).abs().max() < 0.1
show_grid(
    plain,
    ncols=9,
    labels=[f"{m:.2f}\n({e:.2f})" for m, e in zip(measured, expected_psnr, strict=True)],
    title="PSNR of AES (and its exact mean), dB: a property of the picture",
)

# %% [markdown]
# **Reading the figure.** Measured and (computed) agree to a tenth of a dB. The survey's Table 8 prints 9.64 dB, 24.48 dB and 34.6 dB in one column: the first is plain against
# cipher, the last two can only be plain against *decrypted*. Always ask: PSNR of what?

# %% [markdown]
# ## Break it
# A new cipher applies for a job. Title: AES-CTR, 256-bit key, nonce, picture hash. All figures of this lesson, at the 0.1 % level:

# %%
applicant = targets.TerribleButUniform()
secret = applicant.encrypt(plain, key, nonce=bytes(range(applicant.nonce_length)))
shown = secret.as_images()
verdicts = {
    "χ²": metrics.chi_square(shown, 0.001),
    "entropy": metrics.entropy(shown, 0.001),
    "local entropy": metrics.local_entropy(shown, alpha=0.001)["local_entropy"],
    **{d: metrics.adjacent_correlation(shown, d, 0.001) for d in metrics.DIRECTIONS},
    **metrics.glcm_features(shown, alpha=0.001),
    "plain/cipher PSNR": quality.unlike(plain, shown, 0.001),
}
for name, metric in verdicts.items():
    print(f"{name:18} {metric.text:>12}   {metric.verdict}")
assert all(metric.verdict == "pass" for metric in verdicts.values())

# %% [markdown]
# Hired? Read its source first. Which line decides?

# %%
show_source(type(applicant).effective)

# %% [markdown]
# Whatever the length of the key, **16 bits** of its hash are used: 65,536 keys. The bytes are AES's, so every statistic passes. Statistics look at the bytes; the attacker looks
# at the key. She has one cipher image and no plain picture. How does she know the right key when she sees it?

# %% [markdown]
# ### Exercise 05.6 · Know a picture when you see one
# Difficulty ●●○ · 8 minutes · in: uint8 `(K, n)`, K decryptions of the same n bytes · out: a whole number
#
# Neighbouring bytes of a picture differ by little, of noise by 85 on average. Return the row whose neighbours differ least (mean absolute difference).
# <details><summary>Hint: a random row wins</summary>uint8 wraps: 3 − 5 is 254. Convert to a signed type first.</details>
# <details><summary>Hint: the type</summary>An int: int(steps.argmin()).</details>


# %%
def smoothest(candidates):
    """The row whose neighbouring bytes differ least."""
    ### BEGIN SOLUTION
    steps = candidates.to(torch.int16).diff(dim=1).abs().float().mean(dim=1)
    return int(steps.argmin())
    ### END SOLUTION


# %%
smoothest = check("05.6", smoothest)

# %% [markdown]
# The attack: all keys on the first 256 bytes of the third picture (`label` is public, it stands in the file's header).

# %%
victim = applicant.encrypt(plain[2:3], key)
label = applicant.labels(applicant.hashes_in(victim.extra, 1))[0]
seen = victim.as_images().flatten()


def opened_with(guess, n):
    stream = applicant.stream(guess, victim.nonce, label, n)
    return seen[:n] ^ torch.frombuffer(bytearray(stream), dtype=torch.uint8)


best = smoothest(torch.stack([opened_with(guess, 256) for guess in range(2**16)]))
read = opened_with(best, seen.numel()).reshape(plain[2].shape)
print("every byte read:", torch.equal(read, plain[2]))
print("key found is the key used:", best == applicant.effective(key))
assert torch.equal(read, plain[2])

# %% [markdown]
# **Controls.** The library's version of this attack, on the applicant (positive) and on AES-GCM (negative), with a fresh nonce each.

# %%
controls = {"applicant": applicant, "AES-GCM": aes_gcm}
tried = {
    name: attacks.effective_key_search(system, key[: system.key_length], plain[2:3], "as used")
    for name, system in controls.items()
}
for name, result in tried.items():
    print(f"{name:10} opened: {result.succeeded}, bytes right: {100 * result.score:.0f} %")
assert tried["applicant"].succeeded and not tried["AES-GCM"].succeeded
show_grid(
    torch.stack([shown[2], read, tried["AES-GCM"].shown[0]]),
    labels=["applicant", "the attacker's", "against AES-GCM"],
    size=1.2,
    title="Every figure passed, every pixel read",
)

# %% [markdown]
# **Reading the figure.** Left and right are equally good noise. The middle is the photograph. Third prediction: **no**. These figures can show that a cipher is bad. They can never show
# that it is good.

# %% [markdown]
# ## Results
# Measured here over nine pictures, beside published figures and what is possible. "Outside" counts judged figures out of five (χ², entropy and three correlations, 0.1 % level).


# %%
def outside_of(secret):
    found = [metrics.chi_square(secret, 0.001), metrics.entropy(secret, 0.001)]
    found += [metrics.adjacent_correlation(secret, d, 0.001) for d in metrics.DIRECTIONS]
    return sum(metric.verdict == "fail" for metric in found)


hidden["applicant"] = shown
rows = [
    {
        "cipher": name,
        "χ²": f"{chi_square(secret).mean().item():.0f}",
        "H": f"{entropy(secret).mean().item():.4f}",
        "r": f"{correlation(secret, 0, 1).mean().item():+.4f}",
        "outside": outside_of(secret),
    }
    for name, secret in hidden.items()
]
assert outside_of(hidden["applicant"]) == outside_of(hidden["AES-GCM"]) == 0
assert min(outside_of(hidden[name]) for name in ("plain", "one byte", "shuffle", "ECB")) > 0

# %% [markdown]
# The last column is what this lesson did to them, the last two rows a published figure and the best possible one.

# %%
opened = ["", "looking", "chosen pictures (08)", "looking", "nobody", "looking", "65,536 keys"]
for row, by in zip(rows, opened, strict=True):
    row["opened by"] = by
nine = {"χ²": "chi_square", "H": "entropy", "r": "correlation_horizontal"}
nine = {head: printed("logistic_henon_sr", name) for head, name in nine.items()}
nine = {head: f"{value:+}" if head == "r" else f"{value}" for head, value in nine.items()}
rows.append({"cipher": "published [9]"} | nine)
rows.append({"cipher": "ideal, 256 × 256", "χ²": "255", "H": "7.9972", "r": "0"})
show_table(rows)

# %% [markdown]
# ## Play with it
# Encrypt only a part of the rows, from the top. When does your eye give up? When does the entropy notice, and when χ²?


# %%
def partly(picture="drawing", percent=60, cipher="AES-GCM"):
    """The picture with its upper rows encrypted, and its histogram."""
    original = plain[["drawing", "astronaut", "camera"].index(picture)][None]
    rows = 256 * percent // 100
    mixed = original.clone()
    mixed[:, :, :rows] = ciphers[cipher](original)[:, :, :rows]
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), width_ratios=(1, 1.6))
    axes[0].imshow(mixed[0, 0], cmap="gray", vmin=0, vmax=255)
    axes[0].axis("off")
    axes[1].hist(mixed.flatten(), bins=128, color="#0072B2")
    axes[1].set(xlabel="byte value", yticks=[])
    r = correlation(mixed, 1, 0).item()
    words = f"χ² {chi_square(mixed).item():,.0f}   H {entropy(mixed).item():.4f}   r {r:+.3f}"
    axes[1].set_title(words, fontsize=10)
    return figure


explore(
    partly,
    picture=["drawing", "astronaut", "camera"],
    percent=(0, 100, 5),
    cipher=["AES-GCM", "ECB", "shuffle"],
)

# %% [markdown]
# ## Recap
# - χ² of a good cipher is about 255, not 0; one in twenty exceeds 293 (05.1).
# - Entropy is χ² in another unit (05.2); without the size it means nothing (05.3).
# - Correlation sees straight lines only (05.4); the GLCM sees every dependence of two pixels.
# - PSNR of plain and cipher is a property of the picture (05.5); a negative beats AES.
# - Figures can accuse, never acquit: 16 bits of key passed them all (05.6).
#
# **Typical mistakes**
# - *"Entropy 7.9975 is worse than 7.9993"*: different sizes. Symptom: the interval is missing.
# - *PSNR of 27 dB for noise*: uint8 wrapped around. Convert before subtracting.
# - *"AES fails local entropy"*: the published interval is 5.5 times too narrow.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. χ² of a cipher image is 12. Good?
#    <details><summary>Answer</summary>No: random bytes practically never come that close to flat. Something arranges the bytes.</details>
# 2. Which figures does a secret shuffle of the pixels leave untouched?
#    <details><summary>Answer</summary>Everything made of the histogram: χ², entropy, mean, variance.</details>
# 3. A paper samples 2,000 pairs and reports |r| = 0.03. At 256 × 256 with all pairs, would it pass?
#    <details><summary>Answer</summary>No: the spread is 0.004, so 0.03 is more than seven of them.</details>
# 4. Why is the PSNR of AES different for two photographs?
#    <details><summary>Answer</summary>MSE = mean (p − 127.5)² + 5461: only the picture is in it.</details>
# 5. What did the last attack need that no figure measures?
#    <details><summary>Answer</summary>The number of keys that make a difference.</details>

# %% [markdown]
# Stuck? `hint("05.4")` shows one hint at a time, `reveal("05.4")` the reference.

# %%
hint("05.4")

# %% [markdown]
# ## References
# - O. P. Singh, K. N. Singh, A. K. Singh, Agrawal, *Deep learning-based image encryption techniques: Fundamentals, current trends, challenges and future directions*, Neurocomputing, 2024, Tables 4 and 8.
# - Wu, Zhou, Saveriades, Agaian, Noonan, Natarajan, *Local Shannon entropy measure with statistical tests for image randomness*, Information Sciences 222, 2013.
# - Haralick, Shanmugam, Dinstein, *Textural features for image classification*, IEEE Trans. SMC, 1973.
# - Wang, Bovik, Sheikh, Simoncelli, *Image quality assessment*, IEEE TIP 13(4), 2004: SSIM.
# - Dworkin, *Recommendation for block cipher modes of operation*, NIST SP 800-38A and 38D: ECB and GCM.
