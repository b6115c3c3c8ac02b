# %% [markdown]
# # 04 · Judging a generator
# Four numbers decide which generator gets published. You will compute each of them, build a generator that
# cheats it, and end with the one cheat that wins *everything*: replaying the training pictures.
#
# | minutes | needs | papers |
# |---|---|---|
# | 65 | lessons 01–03 | Salimans 2016 (IS), Heusel 2017 (FID), Bińkowski 2018 (KID), Kynkäänniemi 2019, Meehan 2020, seed 004 Table 1 |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **compute** an inception score, **game** it with ten pictures (04.1), and **decide** whether a published one can
#   be true at all (04.2);
# - **compute** a Fréchet distance without ever forming a matrix root (04.3);
# - **repair** a biased kernel distance (04.4) and say why FID needs many pictures;
# - **tell** fidelity from variety by precision and recall (04.5);
# - **expose** a generator that replays its training set (04.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** The author of a generator who wants a good table: by accident, or on purpose.
# - **What do they know?** The metric, its feature network, and the training pictures.
# - **What may they do?** Hand in any pictures at all.
# - **What counts as broken?** A better figure than honest new pictures get, from pictures nobody wants.
# - **Not shown here:** whether people find the pictures good, and whether a *private* generator leaks in ways
#   that nearest neighbours do not see (lesson 27).

# %%
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from gansec_lib import images
from gansec_lib.course import family, start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.images import to_bytes
from gansec_lib.metrics import generative, memorisation, neighbours
from gansec_lib.nets import features
from gansec_lib.show.figures import show_curves, show_grid, show_table
from gansec_lib.show.widgets import explore

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("04", PROFILE, SEED)
count = course.pick(smoke=240, laptop=600, gpu=4000)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. A generator knows ten pictures, one of each digit, and shows them for ever. Does it score above or below
#    *real* handwriting?
# 2. You halve the number of pictures you judge by. Does FID get better, worse, or just noisier?
# 3. Which generator has the best FID that is possible?

# %% [markdown]
# ## 1. A judge that looks at pictures
# Comparing pixels is useless: a face moved by one pixel is far away. So every metric here first asks a
# **feature network** what it sees. Published figures use Inception, trained on ImageNet: 2,048 features, 24
# million weights. We use one that ships with the course: 64 features, trained on our portraits, digits,
# photographs, X-rays and textures. Its figures are called FID-**lite**, KID-**lite**: *figures from different
# networks cannot be compared.*

# %%
network = features.load()
digits = images.load("digits", size=32, split="test").images
rows = features.embed(digits, network)
chances = features.probabilities(rows, network, of="digit")
print("features", tuple(rows.shape), " p(digit | picture)", tuple(chances.shape))

# %% [markdown]
# Shape check: 360 held-out digits, 64 features each, and ten probabilities that sum to 1.
#
# The **inception score** (Salimans et al. 2016) asks two things. Is each picture clearly *something*: is
# $p(y|x)$ sharp? Are all somethings there: is the average $p(y)$ flat? Both at once:
#
# $$\mathrm{IS} = \exp\Big(\mathbb{E}_x\, \mathrm{KL}\big(p(y|x)\,\|\,p(y)\big)\Big)$$

# %% [markdown]
# ### Exercise 04.1 · Inception score
# Difficulty ●●○ · 10 minutes · in: probabilities `(N, K)`, rows sum to 1 · out: one number in `[1, K]`
#
# Compute it. Some probabilities are exactly 0; there $p \log p$ is 0.
# <details><summary>Hint: I get nan</summary>0 · log 0. torch.special.xlogy(p, p) knows that it is 0.</details>
# <details><summary>Hint: my score is below 1</summary>The marginal is the mean over pictures (dim 0); the sum of the KL runs over classes (dim 1).</details>


# %%
def inception_score(chances):
    """exp of the mean KL divergence between p(y|x) and p(y)."""
    ### BEGIN SOLUTION
    marginal = chances.mean(0, keepdim=True)
    divergence = torch.special.xlogy(chances, chances) - torch.special.xlogy(chances, marginal)
    return divergence.sum(1).mean().exp()
    ### END SOLUTION


# %%
inception_score = check("04.1", inception_score)

# %% [markdown]
# Now the cheat. From 360 real digits keep, of each class, the *one* picture that the network is surest of, and
# show those ten for ever.

# %%
best = chances.argmax(0)
ten_for_ever = digits[best].repeat(36, 1, 1, 1)
noise = torch.randint(0, 256, digits.shape, dtype=torch.uint8)


def score(pictures):
    return float(
        inception_score(features.probabilities(features.embed(pictures, network), network))
    )


scores = {"real digits": score(digits), "ten for ever": score(ten_for_ever), "noise": score(noise)}
assert scores["ten for ever"] > scores["real digits"] > scores["noise"]

# %% [markdown]
# The best possible score is 10, the number of classes.

# %%
show_table([{"generator": name, "IS-lite": round(value, 2)} for name, value in scores.items()])
show_grid(digits[best], ncols=10, size=0.65, title="Ten pictures for ever beat real handwriting")

# %% [markdown]
# **Reading the figure.** These ten are all this "generator" can do, and it scores *above* real handwriting,
# because real handwriting is sometimes unclear. IS never looks at the real data at all, and cannot see that
# a class has only one picture in it.

# %% [markdown]
# ### Exercise 04.2 · Can this be true?
# Difficulty ●○○ · 4 minutes · out: one number
#
# Seed 004, Table 1, prints IS 0.68 for PROGAN 128, 0.6 for a DCGAN and 1.0 for its own network. Solve the
# definition for the mean KL divergence (natural logarithm) that a score of **0.68** claims.
# <details><summary>Hint: exp and log</summary>IS = exp(KL), so KL = log(IS): math.log.</details>
# <details><summary>Hint: the sign looks odd</summary>That is the point. No divergence is below 0.</details>

# %%
claimed = ...
### BEGIN SOLUTION
claimed = math.log(0.68)
### END SOLUTION

# %%
claimed = check("04.2", claimed)

# %% [markdown]
# KL divergences are never negative (Jensen's inequality), so **IS is never below 1**. Two of the three
# published scores cannot be inception scores. The third, 1.0, is possible and the worst there is: every
# picture looks like the same thing, or like nothing.

# %%
published = {"PROGAN 128": 0.68, "DCGAN": 0.6, "proposed": 1.0}
show_table(
    [
        {
            "seed 004, Table 1": name,
            "IS": value,
            "claimed mean KL": math.log(value),
            "possible": "1 to 1000",
            "verdict": generative.published_score(value).verdict,
        }
        for name, value in published.items()
    ]
)

# %% [markdown]
# The same table gives no value for FID ("lower FID found"), and SSIM in per cent, which compares *pairs* of
# pictures: a generator has none.
#
# ## 2. Two clouds of features
# FID (Heusel et al. 2017) does look at the real data. Take the features of real and generated pictures as two
# clouds, describe each by mean $\mu$ and covariance $\Sigma$, and measure how far apart the two normal
# distributions are:
#
# $$d^2 = |\mu_a - \mu_b|^2 + \mathrm{tr}\big(\Sigma_a + \Sigma_b - 2(\Sigma_a \Sigma_b)^{1/2}\big)$$

# %%
train = family.at_32(family.portraits(count).images)
unseen = family.at_32(family.portraits(2 * count, "test").images)
held_out, honest = unseen[:count], unseen[count:]
show_grid(
    torch.cat([train[:6], honest[:6]]),
    ncols=6,
    title="Portraits: training people, and people never seen",
)

# %% [markdown]
# **Reading the figure.** Three sets, nobody in two of them: `train`, `held_out` (the judge's real pictures) and
# `honest`. The last one plays the *perfect honest generator*: new pictures from the true source. No generator
# can deserve a better figure than that one.

# %% [markdown]
# ### Exercise 04.3 · Fréchet distance
# Difficulty ●●● · 12 minutes · in: means `(D,)`, covariances `(D, D)` · out: one number, float64
#
# You need only the *trace* of the root. With a Cholesky factor $\Sigma_a = L L^\top$ the eigenvalues of
# $\Sigma_a \Sigma_b$ are those of the symmetric $L^\top \Sigma_b L$; the trace is the sum of their roots.
# <details><summary>Hint: nan for a flat cloud</summary>Rounding gives eigenvalues like −1e-17: clamp at 0 before the root.</details>
# <details><summary>Hint: the first digits agree, the last do not</summary>Work in float64 from the start: .double().</details>


# %%
def frechet_distance(mean_a, covariance_a, mean_b, covariance_b):
    """Squared Fréchet distance of two normal distributions; covariance_a has full rank."""
    ### BEGIN SOLUTION
    a, b = covariance_a.double(), covariance_b.double()
    factor = torch.linalg.cholesky(a)
    root = torch.linalg.eigvalsh(factor.T @ b @ factor).clamp_min(0).sqrt().sum()
    shift = (mean_a.double() - mean_b.double()).square().sum()
    return shift + a.trace() + b.trace() - 2 * root
    ### END SOLUTION


# %%
frechet_distance = check("04.3", frechet_distance)

# %% [markdown]
# The lesson's version and the library's must agree. Then: does the number rise when pictures get worse?

# %%
real = features.embed(held_out, network)


def fid_lite(pictures):
    cloud = features.embed(pictures, network)
    return float(frechet_distance(*generative.moments(real), *generative.moments(cloud)))


library = generative.fid_lite(held_out, honest, network).value
assert abs(fid_lite(honest) - library) < 1e-6 * max(1, library)
print("lesson and library agree:", math.isclose(fid_lite(honest), library, rel_tol=1e-6))

# %% [markdown]
# Four ways to spoil honest pictures a little and then more. The third is what a careless *resize* does (no
# low-pass filter: Parmar, Zhang, Zhu 2022); a judge that resizes carelessly measures its own mistake.


# %%
def spoil(pictures, how, strength):
    light = pictures.float() / 127.5 - 1
    if how == "noise":
        light = light + 0.12 * strength * torch.randn(light.shape)
    if how == "blur":
        light = torch.lerp(light, F.avg_pool2d(light, 3, 1, 1), strength / 4)
    if how == "careless resize":
        coarse = F.interpolate(light[..., ::2, ::2], size=32, mode="nearest")
        light = torch.lerp(light, coarse, strength / 4)
    if how == "one colour missing":
        light[:, 2] = light[:, 2] * (1 - strength / 4)
    return to_bytes(light)


kinds = ("noise", "blur", "careless resize", "one colour missing")
worse = {how: [fid_lite(spoil(honest, how, level)) for level in range(5)] for how in kinds}
assert all(curve[-1] > 2 * curve[0] for curve in worse.values())

# %% [markdown]
# Strength 0 is the honest generator itself: not 0, because two finite sets are never equal.

# %%
title = "FID-lite rises with every kind of damage"
show_curves(worse, xlabel="strength", ylabel="FID-lite", title=title, log=True)

# %% [markdown]
# **Reading the figure.** Every curve rises: the metric sees damage. But equal steps of damage are not equal
# steps of FID, and it cannot tell *which* damage it was.
#
# ## 3. The fewer pictures, the worse the figure
# FID estimates a 64 × 64 covariance (Inception: 2,048 × 2,048). With few pictures the estimate is off, and the
# error always *adds* distance: FID is **biased upwards**, by about $c/N$. So compare only figures with the
# same $N$, or extrapolate to $1/N = 0$ (Chong and Forsyth 2020).

# %%
cloud = features.embed(honest, network)
endless, curve = generative.frechet_at_infinity(real, cloud, points=8, seed=SEED)
sizes = [size for size, _ in curve]
kids = [generative.polynomial_mmd(real, cloud[:size]) for size in sizes]
assert curve[0][1] > 1.3 * curve[-1][1] and endless < curve[-1][1]
print("a quarter of the pictures gives a worse FID:", curve[0][1] > curve[-1][1])
print("and endless pictures would give a better one:", endless < curve[-1][1])

# %% [markdown]
# The same honest generator, judged by more and more of its pictures:

# %%
fids = [value for _, value in curve]
share = [size / sizes[-1] for size in sizes]
show_curves(
    {"FID-lite": fids, "KID-lite × 20": [20 * kid for kid in kids]},
    x=share, xlabel="share of the pictures used", title="FID sinks with N; KID does not",
    floor={"FID-lite, endless pictures": endless},
)  # fmt: skip

# %% [markdown]
# **Reading the figure.** Nothing about the generator changed along the axis. KID (Bińkowski et al. 2018) is a
# kernel distance, $\mathrm{MMD}^2$ with $k(x, y) = (x^\top y / D + 1)^3$, and has an **unbiased** estimate: it
# wobbles around its true value instead of sinking. It may even be negative. Here is a colleague's version.


# %%
def kernel_distance_broken(a, b):
    """Squared MMD. Unbiased? Find the bugs."""
    width = a.shape[1]
    k_aa, k_bb, k_ab = ((x @ y.T / width + 1) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    return k_aa.mean() + k_bb.mean() - k_ab.mean()


# %% [markdown]
# ### Exercise 04.4 · Find the bug
# Difficulty ●●○ · 10 minutes · in: features `(N, D)`, `(M, D)` · out: one number
#
# Two things are wrong: one makes it biased, the other makes it no distance at all. Repair both.
# <details><summary>Hint: why biased?</summary>k(x, x), a picture with itself, is no pair: leave the diagonal out, divide by N(N − 1).</details>
# <details><summary>Hint: equal sets are not near 0</summary>MMD² = E k(a,a') + E k(b,b') − 2 E k(a,b).</details>


# %%
def kernel_distance(a, b):
    """Unbiased squared MMD with the kernel (x·y / D + 1)³."""
    ### BEGIN SOLUTION
    width = a.shape[1]
    k_aa, k_bb, k_ab = ((x @ y.T / width + 1) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    within = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (k_aa, k_bb)]
    return sum(within) - 2 * k_ab.mean()
    ### END SOLUTION


# %%
kernel_distance = check("04.4", kernel_distance)

# %% [markdown]
# ## 4. Two numbers instead of one
# A generator can fail in two ways: bad pictures (no **fidelity**), or only some pictures (no **variety**). FID mixes
# both. Precision and recall (Kynkäänniemi et al. 2019) keep them apart. Around each real picture draw a ball, in
# feature space, that reaches its $k$-th nearest real neighbour. The union of the balls is the *real manifold*.
# - **Precision:** the share of generated pictures inside the real manifold.
# - **Recall:** the share of real pictures inside the *generated* manifold, built the same way.

# %% [markdown]
# ### Exercise 04.5 · Precision and recall
# Difficulty ●●● · 14 minutes · in: features `(N, D)`, `(M, D)`, k · out: two numbers in [0, 1]
#
# Use `torch.cdist`. A ball includes its surface. A picture is not its own neighbour.
# <details><summary>Hint: precision is too low</summary>The nearest "neighbour" of a row in its own set is itself, at distance 0: take the (k + 1)-th smallest.</details>
# <details><summary>Hint: which radius?</summary>The radius belongs to the ball's centre: real radii for precision, generated radii for recall.</details>


# %%
def precision_recall(real, generated, k=3):
    """Share of generated rows in the real manifold, and the other way round."""

    ### BEGIN SOLUTION
    def radius(rows):
        return torch.cdist(rows, rows).kthvalue(k + 1, dim=1).values

    distances = torch.cdist(generated, real)
    precision = (distances <= radius(real)[None, :]).any(1).float().mean()
    recall = (distances <= radius(generated)[:, None]).any(0).float().mean()
    return precision, recall
    ### END SOLUTION


# %%
precision_recall = check("04.5", precision_recall)

# %% [markdown]
# Which features? In the 64 of above, which notice every flaw of the drawing, small GANs have precision 0. So we
# compare *contents*: the network's 18 answers about a portrait (long hair? glasses? age, pose, light …).
#
# Three specialists. The **dropper** shows real new portraits, but only the brightest third. The **averager** shows the mean of
# eight portraits, a blur that is nobody. The **caricaturist** exaggerates everything threefold.


# %%
def dropper(pictures):
    order = pictures.float().mean((1, 2, 3)).argsort(descending=True)
    return pictures[order[: len(pictures) // 3]].repeat(3, 1, 1, 1)


def averager(pictures):
    chosen = torch.randint(len(pictures), (len(pictures), 8), generator=course.generator(4))
    return pictures[chosen].float().mean(1).round().to(torch.uint8)


def caricaturist(pictures):
    middle = pictures.float().mean(0)
    return (middle + 3 * (pictures - middle)).round().clamp(0, 255).to(torch.uint8)


specialists = {f.__name__: f(honest) for f in (dropper, averager, caricaturist)}
rows = torch.cat([pictures[:6] for pictures in specialists.values()])
show_grid(rows, ncols=6, title="Dropper, averager, caricaturist")

# %% [markdown]
# How precision and recall judge them:

# %%
contents = features.describe(held_out, network)
shown = {"honest": honest} | specialists
pairs = {
    name: [float(v) for v in precision_recall(contents, features.describe(pictures, network))]
    for name, pictures in shown.items()
}
assert pairs["dropper"][0] > pairs["dropper"][1] + 0.1
assert pairs["averager"][0] > 0.8 * pairs["honest"][0] and pairs["averager"][1] < 0.4
assert pairs["caricaturist"][1] > pairs["caricaturist"][0] + 0.15
print("nobody's blur has the precision of an honest generator: True")

# %% [markdown]
# Density and coverage (Naeem et al. 2020) use the real balls only, so that strays cannot inflate them.

# %% tags=["nbval-ignore-output"]
show_table(
    [
        {"generator": name, "precision": pair[0], "recall": pair[1]}
        | {
            key: value
            for key, value in neighbours.precision_recall(
                contents, features.describe(shown[name], network)
            ).items()
            if key in ("density", "coverage")
        }
        for name, pair in pairs.items()
    ],
    title=f"{count} pictures each",
)

# %% [markdown]
# **Reading the table.** The averager *games precision*: the mean of eight faces lies safely in the middle of all
# faces. The caricaturist *games recall*: its pictures lie so far apart that the balls around them swallow the real
# ones. Coverage falls for neither.

# %% [markdown]
# Play: real points come from four clouds. A generator learned only some of them, and some of its points are
# strays. Watch both numbers.


# %%
def balls(clouds=2, strays=0, k=3):
    rng = torch.Generator().manual_seed(1)
    centres = torch.tensor([[-2.0, -2.0], [2.0, -2.0], [-2.0, 2.0], [2.0, 2.0]])
    real_points = centres[torch.arange(120) % 4] + 0.4 * torch.randn(120, 2, generator=rng)
    made = centres[torch.arange(120) % clouds] + 0.4 * torch.randn(120, 2, generator=rng)
    made[:strays] = 12 * torch.rand(strays, 2, generator=rng) - 6
    radii = neighbours.nearest(made, made, k, same=True)
    precision, recall = precision_recall(real_points, made, k)
    figure, ax = plt.subplots(figsize=(4.4, 4.4))
    for centre, radius in zip(made.tolist(), radii.tolist(), strict=True):
        ax.add_patch(plt.Circle(centre, radius, color="#D55E00", alpha=0.06, lw=0))
    ax.plot(*real_points.T, ".", color="#0072B2", label="real")
    ax.plot(*made.T, ".", color="#D55E00", label="generated, with its balls")
    ax.set(xlim=(-6, 6), ylim=(-6, 6), aspect="equal")
    ax.set_title(f"precision {precision:.2f}, recall {recall:.2f}")
    ax.legend(loc="upper right")
    return figure


explore(balls, clouds=(1, 4), strays=(0, 30), k=(1, 8))

# %% [markdown]
# **Reading the figure.** With two clouds of four, precision is near 1 and recall near ½. Add strays: recall
# climbs although nothing was learned.
#
# ## Break it
# The perfect cheat needs no GAN. A **copycat** stores the training pictures and replays them. Every distance
# between distributions must love it: its distribution *is* the training distribution.

# %%
copycat = train[torch.randperm(len(train))]
near_copy = spoil(torch.roll(copycat, 1, dims=3), "noise", 0.3)
figures = {
    name: generative.lite_metrics(held_out, pictures, network)
    for name, pictures in {"honest": honest, "copycat": copycat, "near copies": near_copy}.items()
}
assert figures["copycat"]["fid_lite"] < 1.5 * figures["honest"]["fid_lite"]
assert figures["copycat"]["precision"] > 0.9 * figures["honest"]["precision"]
print("the copycat is as good as an honest perfect generator: True")

# %% [markdown]
# What gives a copy away is *where* it lies: nearer to the training set than honest new pictures are. Honest new
# pictures exist: the held-out ones. So rank all distances to the nearest training picture together, those of
# the generated pictures $g_i$ and those of the held-out ones $h_j$ (Mann and Whitney; Meehan et al. 2020):
#
# $$U = \#\{g_i > h_j\} + \tfrac12 \#\{g_i = h_j\}, \qquad z = \frac{U - nm/2}{\sqrt{nm(n+m+1)/12}}$$
#
# An honest generator has $z \approx 0 \pm 1$. Below $-3$ we call it copying.

# %% [markdown]
# ### Exercise 04.6 · The copy test
# Difficulty ●●○ · 10 minutes · in: distances `(n,)`, `(m,)` · out: z, one number
#
# Compute $z$ from the nearest-training distances of generated and held-out pictures.
# <details><summary>Hint: the sign</summary>Generated nearer to the training set means g &lt; h, so few pairs with g &gt; h, so z is negative.</details>
# <details><summary>Hint: loops are slow</summary>g[:, None] &gt; h[None, :] compares every pair at once.</details>


# %%
def copying_z(generated, held_out):
    """By how many standard deviations generated distances exceed held-out ones."""
    ### BEGIN SOLUTION
    n, m = len(generated), len(held_out)
    above = (generated[:, None] > held_out[None, :]).double().sum()
    equal = (generated[:, None] == held_out[None, :]).double().sum()
    return (above + equal / 2 - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    ### END SOLUTION


# %%
copying_z = check("04.6", copying_z)

# %% [markdown]
# Positive controls: the copycat, its pictures moved by a pixel with noise on top, and a copycat that
# shows honest pictures three times out of four. Negative control: the honest generator. And a GAN of lesson 03.

# %%
seen = features.embed(train, network)
usual = neighbours.nearest(real, seen)
part_copy = torch.cat([honest[: 3 * count // 4], copycat[: count // 4]])
gan = family.at_32(family.generate(family.load("style"), count, seed=SEED + 1))
candidates = {
    "honest": honest, "copycat": copycat, "near copies": near_copy,
    "one copy in four": part_copy, "style GAN of lesson 03": gan,
}  # fmt: skip
z = {
    name: float(copying_z(neighbours.nearest(features.embed(p, network), seen), usual))
    for name, p in candidates.items()
}
library = memorisation.copying_z(features.embed(near_copy, network), seen, real)
assert abs(library - z["near copies"]) < 1e-3 * abs(library)

# %% [markdown]
# The verdicts, which are the same on every machine:

# %%
verdicts = {name: "copies" if value < -3 else "no sign of copying" for name, value in z.items()}
show_table([{"generator": name, "verdict": verdict} for name, verdict in verdicts.items()])
caught = [name for name, verdict in verdicts.items() if verdict == "copies"]
assert {"copycat", "near copies", "one copy in four"} == set(caught), z

# %% [markdown]
# See it: the nearest training picture of three honest pictures, and of three near copies.


# %% tags=["gallery"]
def twin(pictures):
    distances = torch.cdist(features.embed(pictures, network), seen)
    return train[distances.argmin(1)]


both = torch.cat([honest[:3], near_copy[:3]])
show_grid(
    torch.cat([both, twin(both)]), ncols=6,
    labels=["honest"] * 3 + ["near copy"] * 3 + ["its twin"] * 6,
    title="Below each picture: its nearest training picture",
)  # fmt: skip

# %% [markdown]
# **Reading the figure.** On the left the twin is somebody else who looks alike. On the right it is the same
# person in the same light: the picture was taken, not made.

# %% [markdown]
# ## Results
# Every generator of this lesson under every judge. `possible` is what mathematics allows; *honest* is what it
# allows in practice, at this number of pictures.

# %% tags=["nbval-ignore-output"]
candidates |= specialists
results = []
for name, pictures in candidates.items():
    row = generative.lite_metrics(held_out, pictures, network)
    score = generative.inception_score_lite(pictures, "portrait", network).value
    nearest = neighbours.nearest(features.embed(pictures, network), seen)
    results.append(
        {"generator": name, "IS": score, "FID-lite": row["fid_lite"], "KID-lite": row["kid_lite"],
         "precision": row["precision"], "recall": row["recall"],
         "z": float(copying_z(nearest, usual))}
    )  # fmt: skip
possible = {"generator": "possible", "IS": "1 to 8", "FID-lite": "≥ 0", "KID-lite": "any",
            "precision": "0 to 1", "recall": "0 to 1", "z": "about 0 ± 1"}  # fmt: skip
show_table([*results, possible], title=f"{count} pictures each")

# %% [markdown]
# **Reading the table.** Only z tells the copycat from the honest one. A large *positive* z is no medal: poor
# pictures are far from everything, and a copy test says nothing about them.
#
# Published beside it: seed 004 gives IS 0.68, 0.6 and 1.0 (two impossible, one the worst value there is) and no
# FID at all. What must hold, whatever the machine:

# %%
table = {row["generator"]: row for row in results}
assert table["averager"]["FID-lite"] > 3 * table["honest"]["FID-lite"]
assert table["style GAN of lesson 03"]["FID-lite"] > 2 * table["honest"]["FID-lite"]
assert all(1 <= row["IS"] <= 8 for row in results)
assert table["copycat"]["z"] < -3 < table["honest"]["z"]
print("all floors hold")

# %% [markdown]
# ## Recap
# You computed IS and **gamed** it with ten pictures; **refuted** two published scores; **computed** FID by Cholesky;
# **repaired** KID; **told** fidelity from variety; and **exposed** a copycat that all of them love.
#
# Three typical mistakes, and their symptom:
# - *FID with 500 pictures next to FID with 50,000*: the small study looks worse. Bias $c/N$.
# - *Real and generated pictures resized by different code*: a jump in FID that no generator caused.
# - *No memorisation test*: the more a generator copies, the better its table.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. Can an inception score be 0.6? <details><summary>Answer</summary>No. It is exp of a mean of numbers that are never negative: at least 1.</details>
# 2. Your FID drops from 12 to 9 when you use four times as many pictures. Better generator? <details><summary>Answer</summary>No: less bias. Compare at equal N, or at 1/N → 0.</details>
# 3. A KID of −0.0002: a bug? <details><summary>Answer</summary>No. An unbiased estimate of a number near 0 is negative about half of the time.</details>
# 4. Precision 0.95, recall 0.10: what do you see? <details><summary>Answer</summary>Good pictures, always of the same few kinds: mode collapse.</details>
# 5. Best FID of all, z = −14: publish? <details><summary>Answer</summary>No. Its pictures lie far nearer to the training set than new ones do: it copies.</details>

# %% [markdown]
# ## References
# - Salimans et al., *Improved techniques for training GANs*, 2016, § 4. Barratt and Sharma, *A note on the inception score*, 2018.
# - Heusel et al., *GANs trained by a two time-scale update rule*, 2017, eq. 6. Chong and Forsyth, *Effectively unbiased FID*, 2020. Parmar, Zhang, Zhu, *On aliased resizing*, 2022.
# - Bińkowski et al., *Demystifying MMD GANs*, 2018. Kynkäänniemi et al., *Improved precision and recall*, 2019. Naeem et al., *Reliable fidelity and diversity metrics*, 2020.
# - Meehan, Chaudhuri, Dasgupta, *A non-parametric test to detect data-copying*, 2020. Alaa et al., *How faithful is your synthetic data?*, 2022.
# - Seed 004: Rao et al., *End to end image privacy method*, Table 1.
