# %% [markdown]
# # 01 · The minimax game
# Two small networks play against each other on a plane, where you can see everything: who wins, why the
# loser goes to sleep, how a generator collapses, and why fooling *its own* judge proves nothing.
#
# | minutes | needs | papers |
# |---|---|---|
# | 60 | lesson 00 | seed 000 eq. 1 (Goodfellow et al. 2014) |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **compute** the value function of eq. 1 from logits, without a logarithm of zero (01.1);
# - **derive** the best discriminator and compare a trained one with it (01.2);
# - **replace** the generator's sleepy loss by one that works (01.3) and **repair** a training step (01.5);
# - **measure** mode collapse, cause it and cure it (01.4);
# - **break** a generator that fools its own discriminator, with a fresh one (01.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** A *distinguisher*: anyone who wants to tell generated data from real data.
# - **What do they know?** Samples of both. Not the weights, not the latents.
# - **What counts as broken?** An advantage over guessing that chance does not explain.
# - **Not shown here:** pictures, keys, ciphers. But every "GAN key generator" of lessons 09–13 makes the same
#   claim (*our output cannot be told from random*), and the attack at the end of this lesson is the one that
#   tests it.

# %%
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.optim import Adam

from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.course.mixtures import mode_shares, normal_density, ring, ring_centres, ring_density
from gansec_lib.nets.mlp import MLP
from gansec_lib.show.figures import show, show_animation, show_curves, show_scatter, show_table
from gansec_lib.show.widgets import explore
from gansec_lib.train.losses import r1_penalty

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("01", PROFILE, SEED)
steps = course.pick(smoke=72, laptop=2000, gpu=4000)
warm_up = course.pick(smoke=50, laptop=1500, gpu=1500)
seeds = [SEED, SEED + 1, SEED + 2]

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. A discriminator cannot tell real from fake at all. What number does it say, and how large is the value of
#    the game then?
# 2. A generator learns ten times faster than its discriminator. Does it win?
# 3. At the end of training the discriminator says ½ everywhere. Is the generator perfect?

# %% [markdown]
# ## 1. Two players, one number
# The **generator** $G$ turns a latent $z$ into a fake point $G(z)$. The **discriminator** $D$ says how likely
# a point is real. They fight over one number (seed 000, eq. 1):
#
# $$\min_G \max_D V(D, G) = \mathbb{E}_{x \sim p_\text{data}}[\log D(x)] + \mathbb{E}_{z \sim p_z}[\log(1 - D(G(z)))]$$
#
# $D$ wants $V$ large: say 1 to real points, 0 to fakes. $G$ wants it small. Our real data are eight little
# clouds on a ring: the smallest world in which a generator can cheat by learning only a part.

# %%
rng = torch.Generator().manual_seed(SEED)
real = ring(1000, rng)
torch.manual_seed(SEED)
generator, discriminator = MLP((2, 64, 64, 2)), MLP((2, 64, 64, 1))
fake = generator(torch.randn(1000, 2, generator=rng)).detach()
print(
    "real",
    tuple(real.shape),
    " fake",
    tuple(fake.shape),
    " logits",
    tuple(discriminator(real).shape),
)

# %% [markdown]
# Shape check: points are `(N, 2)`, logits `(N, 1)`. The networks are three linear layers each.

# %%
show_scatter(
    {"real": real, "fake": fake}, limits=(-3, 3), title="Before the game: the fakes are a blob"
)

# %% [markdown]
# **Reading the figure.** The eight clouds are the data. The untrained generator squeezes its latents into one
# blob near the middle: any line around the blob separates real from fake. Nobody has learned anything yet.

# %% [markdown]
# ### Exercise 01.1 · The value function
# Difficulty ●○○ · 8 minutes · in: logits of real `(N, …)` and fake `(M, …)` points · out: one number
#
# Our networks give *logits* $a$, and $D = \sigma(a)$. Compute $V$ from them. It must stay finite when the
# discriminator is very sure (logits of ±200): `log(sigmoid(a))` does not.
# <details><summary>Hint: I get -inf</summary>1 − σ(a) = σ(−a), and F.logsigmoid never takes the log of 0.</details>
# <details><summary>Hint: shapes do not fit</summary>N and M may differ: take each mean on its own.</details>


# %%
def value_function(logits_real, logits_fake):
    """V(D, G) of eq. 1 from the discriminator's logits."""
    ### BEGIN SOLUTION
    return F.logsigmoid(logits_real).mean() + F.logsigmoid(-logits_fake).mean()
    ### END SOLUTION


# %%
value_function = check("01.1", value_function)

# %% [markdown]
# The answer to the first prediction: a discriminator that knows nothing says ½ (logit 0), and the game is
# worth $2 \log \tfrac12 = -\log 4$.

# %%
nothing = torch.zeros(5, 1)
print(f"a discriminator that knows nothing: V = {value_function(nothing, nothing):.4f}")
print(f"minus log 4:                            {-math.log(4):.4f}")

# %% [markdown]
# ## 2. The best discriminator has a formula
# Freeze the generator. At a point $x$ the integrand of $V$ is $p_r \log d + p_f \log(1-d)$, with $p_r$ and $p_f$
# the densities of real and fake data. Set its derivative by $d$ to zero:
#
# $$D^*(x) = \frac{p_r(x)}{p_r(x) + p_f(x)}, \qquad V(D^*, G) = -\log 4 + 2\,\mathrm{JSD}(p_r \,\|\, p_f)$$
#
# The Jensen–Shannon divergence is 0 for equal densities and $\log 2$ for densities that never meet. So the
# best $G$ makes $p_f = p_r$, and the game ends at $-\log 4$.

# %% [markdown]
# ### Exercise 01.2 · The best discriminator
# Difficulty ●○○ · 8 minutes · in: two densities, same shape · out: probabilities, that shape
#
# Write $D^*$. Where neither real nor fake data ever come, return ½.
# <details><summary>Hint: I get nan</summary>0/0. torch.where(condition, a, b) picks b where the condition fails.</details>
# <details><summary>Hint: tiny densities come out wrong</summary>Adding 1e-8 to the sum changes them; do not.</details>


# %%
def optimal_discriminator(density_real, density_fake):
    """D*(x) where both densities are known."""
    ### BEGIN SOLUTION
    total = density_real + density_fake
    return torch.where(total > 0, density_real / total, torch.full_like(total, 0.5))
    ### END SOLUTION


# %%
optimal_discriminator = check("01.2", optimal_discriminator)

# %% [markdown]
# Now a case where both densities are known: wider clouds on the ring, against a "generator" that is a plain
# Gaussian. We train a discriminator on samples and see whether it finds $D^*$.


# %%
def best_probability(points):
    return optimal_discriminator(ring_density(points, std=0.35), normal_density(points, std=1.5))


learned = MLP((2, 64, 64, 1))
optimizer = Adam(learned.parameters(), 3e-3)
for step in range(warm_up):
    logits_real = learned(ring(512, rng, std=0.35))
    logits_fake = learned(1.5 * torch.randn(512, 2, generator=rng))
    loss = -value_function(logits_real, logits_fake)  # D climbs V: an optimiser goes down
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# The formula and the network as colours: purple says real, brown says fake.


# %%
def learned_probability(points):
    return torch.sigmoid(learned(points)).squeeze(1).detach()


clouds = {"real": ring(200, rng, std=0.35), "fake": 1.5 * torch.randn(200, 2, generator=rng)}
show_scatter(clouds, limits=(-3.5, 3.5), background=best_probability, title="The formula: D*")
show_scatter(
    clouds, limits=(-3.5, 3.5), background=learned_probability, title="What a network learned"
)

# %% [markdown]
# **Reading the figures.** $D^*$ is purple where the clouds are, brown in the middle and outside. The network
# finds the same ring where there are data. In the corners, where it saw almost nothing, it guesses. Keep this
# in mind: *a discriminator knows only what it was shown.*

# %%
reals = ring(100_000, rng, std=0.35)
fakes = 1.5 * torch.randn(100_000, 2, generator=rng)
with torch.no_grad():
    value_learned = value_function(learned(reals), learned(fakes)).item()
value_best = (
    best_probability(reals).log().mean() + (1 - best_probability(fakes)).log().mean()
).item()
divergence = (value_best + math.log(4)) / 2
assert -math.log(4) < value_best < 0 and value_learned < value_best + 0.01
print("the trained discriminator does not beat the formula:", value_learned < value_best + 0.01)

# %% [markdown]
# The numbers of this run:

# %% tags=["nbval-ignore-output"]
show_table(
    [
        {"discriminator": "says ½ everywhere", "V": -math.log(4)},
        {"discriminator": "trained", "V": value_learned},
        {"discriminator": "D* (formula)", "V": value_best},
    ],
    title=f"Jensen-Shannon divergence {divergence:.3f} of at most {math.log(2):.3f}",
)

# %% [markdown]
# ## 3. The loser goes to sleep
# Early on the discriminator wins easily: its logits for fakes are far below 0. What does the generator feel?
# Its loss in eq. 1 is $\log(1-\sigma(a))$, and the slope of that is $-\sigma(a)$: almost **zero** for
# $a \ll 0$. The worse the fakes, the weaker the push to improve. The same paper offers the *non-saturating*
# loss $-\log \sigma(a)$: same best answer, slope $-(1-\sigma(a)) \approx -1$ where it is needed.

# %%
logit = torch.linspace(-8, 8, 161)
show_curves(
    {
        "minimax: log(1 − D)": torch.sigmoid(logit),
        "non-saturating: −log D": 1 - torch.sigmoid(logit),
    },
    x=logit,
    xlabel="the discriminator's logit for a fake",
    ylabel="size of the slope",
    title="Eq. 1 pushes least where the fakes are worst",
)

# %% [markdown]
# **Reading the figure.** A fresh generator stands on the left. There the minimax slope is flat at 0, the
# non-saturating one is flat at 1. On the right, where the fakes fool the judge, it is the other way round, and
# no push is needed.

# %% [markdown]
# ### Exercise 01.3 · A loss that does not go to sleep
# Difficulty ●○○ · 6 minutes · in: logits of fakes `(N, …)` · out: one number
#
# Write the non-saturating generator loss, $-\mathbb{E}[\log \sigma(a)]$, stable for every logit.
# <details><summary>Hint: inf for −200</summary>−log σ(a) = softplus(−a), which is F.softplus(-a).</details>
# <details><summary>Hint: the sign</summary>It must be large when the logits are very negative.</details>


# %%
def generator_loss(logits_fake):
    """Non-saturating loss of the generator."""
    ### BEGIN SOLUTION
    return F.softplus(-logits_fake).mean()
    ### END SOLUTION


# %%
generator_loss = check("01.3", generator_loss)

# %% [markdown]
# Does it matter in a real network? Train only the discriminator for a while (the generator stands still),
# then ask both losses for the generator's gradient.


# %%
def push(loss):
    """Length of the gradient that a loss gives the generator."""
    gradients = torch.autograd.grad(loss, list(generator.parameters()), retain_graph=True)
    return torch.cat([gradient.flatten() for gradient in gradients]).norm().item()


optimizer = Adam(discriminator.parameters(), 1e-3)
pushes = {"minimax": [], "non-saturating": []}
for step in range(200):
    logits_fake = discriminator(generator(torch.randn(256, 2, generator=rng)))
    pushes["minimax"].append(push(F.logsigmoid(-logits_fake).mean()))
    pushes["non-saturating"].append(push(generator_loss(logits_fake)))
    loss = -value_function(discriminator(ring(256, rng)), logits_fake)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
ratio = pushes["non-saturating"][-1] / pushes["minimax"][-1]
assert ratio > 10, f"the sleepy loss should be at least 10 times weaker here, got {ratio:.1f}"

# %% [markdown]
# A logarithmic axis, because the difference is that large:

# %%
show_curves(
    pushes,
    log=True,
    ylabel="generator's gradient",
    xlabel="steps the discriminator trained alone",
    title="The better the judge, the sleepier eq. 1",
)

# %% [markdown]
# **Reading the figure.** Both start equal (logits near 0). As the judge gets sure, the minimax gradient sinks by
# orders of magnitude while the other stays useful. From here on we use the non-saturating loss.

# %% [markdown]
# ## 4. Play
# A training step has two turns. First the discriminator's: a batch of real points, a batch of fakes, one step
# up on $V$. Then the generator's: fresh fakes, one step down on its own loss. Below is the discriminator's
# loss as a colleague wrote it. It runs. It is wrong in **two** ways.


# %%
def discriminator_loss_broken(generator, discriminator, real, latent):
    """What the discriminator minimises in its turn. Find the bugs."""
    fake = generator(latent)
    return F.softplus(discriminator(real)).mean() + F.softplus(-discriminator(fake)).mean()


# %% [markdown]
# ### Exercise 01.5 · Find the bug
# Difficulty ●●○ · 10 minutes · in: both networks, real `(N, 2)`, latent `(M, 2)` · out: one number
#
# Write the repaired function. The check runs your loss *and its backward pass*, and looks who got a gradient.
# <details><summary>Hint: the discriminator learns the opposite</summary>It wants V large; the optimiser makes this
# number small. softplus(−a) is −log σ(a).</details>
# <details><summary>Hint: the generator got a gradient</summary>It is not the generator's turn: cut the graph at
# its output.</details>


# %%
def discriminator_loss(generator, discriminator, real, latent):
    """What the discriminator minimises in its turn: −V, cut off from the generator."""
    ### BEGIN SOLUTION
    fake = generator(latent).detach()
    return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    ### END SOLUTION


# %%
discriminator_loss = check("01.5", discriminator_loss)

# %% [markdown]
# The whole game. `turns` is how often the discriminator moves in a step, `weight` switches on a gradient penalty that we
# need later, `film` how many pictures to keep.


# %%
def play(seed, lr_generator=1e-3, lr_discriminator=1e-3, turns=1, weight=0.0, film=0):
    """The minimax game on the ring: both players, and snapshots of 300 fakes."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    generator, discriminator = MLP((2, 64, 64, 2)), MLP((2, 64, 64, 1))
    adam_g = Adam(generator.parameters(), lr_generator, betas=(0.5, 0.999))
    adam_d = Adam(discriminator.parameters(), lr_discriminator, betas=(0.5, 0.999))
    same, snapshots = torch.randn(300, 2, generator=rng), []
    for step in range(steps):
        for _ in range(turns):
            real, latent = ring(256, rng), torch.randn(256, 2, generator=rng)
            loss = discriminator_loss(generator, discriminator, real, latent)
            if weight:
                loss = loss + r1_penalty(discriminator, real, weight)
            adam_d.zero_grad()
            loss.backward()
            adam_d.step()
        loss = generator_loss(discriminator(generator(torch.randn(256, 2, generator=rng))))
        adam_g.zero_grad()
        loss.backward()
        adam_g.step()
        if film and (step + 1) % (steps // film) == 0:
            snapshots.append(generator(same).detach())
    return generator, discriminator, snapshots


# %% [markdown]
# First a fair game: both players learn at the same speed. Three seeds, because one run of a GAN is an
# anecdote.

# %%
fair = [play(seed) for seed in seeds]


def fakes_of(players, count=4000):
    """Points of a trained generator (the same latents for everybody)."""
    latents = torch.Generator().manual_seed(99)
    return players[0](torch.randn(count, 2, generator=latents)).detach()


panels = {
    f"seed {seed}": {"real": real[:300], "fake": fakes_of(players, 300)}
    for seed, players in zip(seeds, fair, strict=True)
}
show_scatter(panels, limits=(-3, 3), title="A fair game, three seeds")

# %% [markdown]
# **Reading the figure.** After the laptop's 2,000 steps the fakes sit on the eight clouds, with thin threads
# between them: a continuous generator cannot jump. (In the smoke profile nothing has been learned yet.)

# %% [markdown]
# ## 5. Mode collapse: cause it, count it, cure it
# Pictures of clouds do not make a table. We count **modes**: a mode is covered when at least 1 % of *all* fakes
# lie within 4 standard deviations of its centre. Beside it stands **quality**: the share of fakes that lie in
# any mode.

# %% [markdown]
# ### Exercise 01.4 · Count the modes
# Difficulty ●●○ · 12 minutes · in: points `(N, 2)`, centres `(M, 2)`, std, share · out: a whole number
#
# A point belongs to its nearest centre, and counts only within `4 * std` of it. How many centres have at least
# `share` of all N points?
# <details><summary>Hint: far points are counted</summary>Filter by distance before you count.</details>
# <details><summary>Hint: one lonely point counts as a mode</summary>Divide by all N points and compare with share.</details>


# %%
def modes_covered(points, centres, std, share=0.01):
    """Number of modes that hold at least `share` of the points."""
    ### BEGIN SOLUTION
    nearest, which = torch.cdist(points, centres).min(dim=1)
    counts = torch.bincount(which[nearest <= 4 * std], minlength=len(centres))
    return int((counts / len(points) >= share).sum())
    ### END SOLUTION


# %%
modes_covered = check("01.4", modes_covered)

# %% [markdown]
# Three more games. **Eager**: the generator learns ten times faster than its judge. **Patient**: the same eager
# generator, but the judge moves five times a step. **Smooth**: eager again, but the judge pays for steep slopes at the data
# ($R_1 = \tfrac{\gamma}{2}\,\mathbb{E}\,\|\nabla D\|^2$, with $\gamma = 3$, ours).

# %%
eager_speed = {"lr_generator": 2e-3, "lr_discriminator": 2e-4}
games = {
    "fair": fair,
    "eager": [play(seed, **eager_speed, film=24) for seed in seeds],
    "patient": [play(seed, **eager_speed, turns=5, film=24) for seed in seeds],
    "smooth": [play(seed, **eager_speed, weight=3.0) for seed in seeds],
}
modes = {
    name: [modes_covered(fakes_of(players), ring_centres(), 0.05) for players in played]
    for name, played in games.items()
}

# %% [markdown]
# The film shows the eager and the patient generator of the first seed, from the first to the last step.


# %% tags=["gallery"]
def frame(eager, patient):
    """One picture of the film."""
    figure, axes = plt.subplots(1, 2, figsize=(4.4, 2.4))
    for ax, points, name in zip(axes, (eager, patient), ("eager", "patient"), strict=True):
        ax.scatter(*real[:200].T, s=4, color="#BBBBBB")
        ax.scatter(*points.T, s=3, color="#D55E00")
        ax.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect="equal")
        ax.set_title(name, fontsize=9)
    return figure


snapshots = zip(games["eager"][0][2], games["patient"][0][2], strict=True)
size = show_animation((frame(*points) for points in snapshots), text="eager and patient generator")
assert size <= 400_000

# %% [markdown]
# **Reading the film.** The eager generator throws *all* its points where the judge is weakest. The judge slowly learns that this
# place is fake; the whole clump jumps to the next place, for ever. It never has to spread out, because
# its judge never catches up. The patient game has the same eager generator. Only its judge is better.

# %% [markdown]
# ## Break it
# Each generator fooled *its own* discriminator as well as it could. That judge stopped learning when training
# stopped. An attacker does not stop: she takes samples, trains a **fresh** distinguisher on one half, and tests
# it on the other half. What she gains over guessing is her *advantage*.

# %% [markdown]
# ### Exercise 01.6 · The distinguisher's advantage
# Difficulty ●●○ · 8 minutes · in: logits of real and fake points · out: a float in [−1, 1]
#
# It says "real" where its logit is above 0. The advantage is how often it says so for real points, minus how
# often for fakes: 0 is guessing, 1 is always right, below 0 is worse than guessing.
# <details><summary>Hint: never negative</summary>Do not take an absolute value: a judge can be worse than a coin.</details>
# <details><summary>Hint: N and M differ</summary>Two means, then their difference.</details>


# %%
def advantage(logits_real, logits_fake):
    """P[says real | real] − P[says real | fake]."""
    ### BEGIN SOLUTION
    return ((logits_real > 0).float().mean() - (logits_fake > 0).float().mean()).item()
    ### END SOLUTION


# %%
advantage = check("01.6", advantage)

# %% [markdown]
# The attack is the discriminator's turn, alone, on samples that stay fixed.


# %%
def attack(reals, fakes, seed=0):
    """Advantage of a fresh distinguisher on the half that it was not trained on."""
    torch.manual_seed(seed)
    half, judge = len(reals) // 2, MLP((2, 64, 64, 1))
    adam = Adam(judge.parameters(), 2e-3)
    for _ in range(course.pick(smoke=60, laptop=600, gpu=600)):
        rows = torch.randint(half, (512,))
        loss = -value_function(judge(reals[rows]), judge(fakes[rows]))
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        return advantage(judge(reals[half:]), judge(fakes[half:]))


# %% [markdown]
# **Controls first.** Positive: fakes that are real points moved two standard deviations to the right; the best possible
# advantage is $2\Phi(1)-1 = 0.683$, and the attack must find a good part of it. Negative: fakes that *are* real points; it must
# find nothing but chance.

# %%
many = 8000
rng = torch.Generator().manual_seed(7)
shift = torch.tensor([0.1, 0.0])
wide = {"modes": 1, "std": 0.05}
positive = attack(ring(many, rng, **wide), ring(many, rng, **wide) + shift)
negative = attack(ring(many, rng), ring(many, rng))
chance = 3 * math.sqrt(2 * 0.25 / (many / 2))  # three standard deviations of guessing
best = math.erf(1 / math.sqrt(2))
assert course.pick(smoke=-1, laptop=0.6, gpu=0.6) < positive < best + chance
assert abs(negative) < chance
print(f"negative control inside chance (±{chance:.3f}):", abs(negative) < chance)

# %% [markdown]
# Now the trained generators. "Own judge" is the discriminator that each of them was trained against.


# %%
def own_judge(players):
    """Advantage of the discriminator that the generator was trained against."""
    with torch.no_grad():
        return advantage(players[1](ring(many, rng)), players[1](fakes_of(players, many)))


own = {name: [own_judge(players) for players in played] for name, played in games.items()}
fresh = {
    name: [
        attack(ring(many, rng), fakes_of(players, many), seed)
        for seed, players in zip(seeds, played, strict=True)
    ]
    for name, played in games.items()
}

# %% [markdown]
# One dot for each seed.

# %% tags=["gallery"]
figure, ax = plt.subplots(figsize=(6.4, 3.0))
for offset, (judge, colour, values) in enumerate(
    (("own judge", "#0072B2", own), ("fresh judge", "#D55E00", fresh))
):
    for place, name in enumerate(values):
        ax.scatter(
            [place + 0.2 * offset - 0.1] * 3,
            values[name],
            color=colour,
            label=judge if not place else None,
        )
ax.axhspan(-chance, chance, color="#BBBBBB", alpha=0.5, label="chance")
ax.set(xticks=range(4), xticklabels=list(games), ylabel="advantage", ylim=(-1.05, 1.05))
more = sum(new > old for name in games for new, old in zip(fresh[name], own[name], strict=True))
ax.set_title(f"The fresh judge sees more in {more} of {3 * len(games)} games")
ax.legend(loc="lower right")
show(figure)

# %% [markdown]
# **Reading the figure.** Each dot is one seed; the title counts in how many games the fresh judge gains more. The
# own judge is above chance, but it was always one step behind a moving generator. The fresh one has a standing target
# and sees more: it knows the eager clump nearly every time, and it also knows the good generators with all eight
# modes, by the threads between the clouds. Third prediction: **no**. A generator that fools the judge it was trained on has
# proved only that.

# %% [markdown]
# ## Results
# Measured in this run, three seeds each. Possible: all 8 modes, quality 1 and advantage 0 (equal densities).
# Published: eq. 1's optimum, $-\log 4$; seed 000 prints no figures for this game.


# %%
quality = {
    name: [mode_shares(fakes_of(players), ring_centres()).sum().item() for players in played]
    for name, played in games.items()
}

# %% [markdown]
# Lowest to highest of the three seeds:


# %% tags=["nbval-ignore-output"]
def spread(values, digits=2):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


show_table(
    [
        {
            "game": name,
            "modes of 8": spread(modes[name], 0),
            "quality": spread(quality[name]),
            "own judge": spread(own[name]),
            "fresh judge": spread(fresh[name]),
        }
        for name in games
    ]
    + [
        {
            "game": "possible",
            "modes of 8": "8",
            "quality": "1.00",
            "own judge": "0",
            "fresh judge": "0",
        }
    ]
)

# %% [markdown]
# The floors of this lesson: fair, patient and smooth keep their modes, eager collapses, the fresh judge wins. If one of
# them breaks, the text above is not true on your machine. (`smoke` trains too little to ask for any.)

# %%
least, most = course.pick(smoke=0, laptop=6, gpu=6), course.pick(smoke=8, laptop=3, gpu=3)
for name in ("fair", "patient", "smooth"):
    assert min(modes[name]) >= least, f"{name}: only {min(modes[name])} of 8 modes"
assert max(modes["eager"]) <= most, f"the eager game covered {max(modes['eager'])} modes"
found = course.pick(smoke=-1.0, laptop=chance, gpu=chance)
assert min(min(values) for values in fresh.values()) > found
print("the floors of this profile hold")

# %% [markdown]
# ## Play with it
# Real data are $N(0, 1)$, the fakes $N(\text{shift}, \text{spread}^2)$. Move the fakes and watch $D^*$. Where is the game worth
# $-\log 4$? What does $D^*$ do far outside when the fakes are *wider* than the data?


# %%
def best_judge(shift=1.5, spread=0.7):
    """Densities and D* of two Gaussians on a line, with the value of the game."""
    x = torch.linspace(-9, 9, 2401)
    bell = [
        torch.exp(-((x - m) ** 2) / (2 * s * s)) / (s * math.sqrt(2 * math.pi))
        for m, s in ((0, 1), (shift, spread))
    ]
    best = optimal_discriminator(*bell)
    parts = bell[0] * best.clamp_min(1e-30).log() + bell[1] * (1 - best).clamp_min(1e-30).log()
    figure, ax = plt.subplots(figsize=(6.4, 3.0))
    for line, name in zip((*bell, best), ("real density", "fake density", "D*"), strict=True):
        ax.plot(x, line, label=name)
    ax.set(xlim=(-5, 5), ylim=(0, 1.05), xlabel="x")
    ax.set_title(f"V(D*, G) = {torch.trapezoid(parts, x):.3f},  −log 4 = {-math.log(4):.3f}")
    ax.legend(loc="upper right")
    return figure


explore(best_judge, shift=(0.0, 4.0, 0.1), spread=(0.3, 2.0, 0.1))

# %% [markdown]
# ## Recap
# - $V$ from logits with `logsigmoid`, finite for every judge (01.1); $-\log 4$ when the judge knows nothing.
# - $D^* = p_r/(p_r+p_f)$; a trained network approaches it where it saw data (01.2).
# - Eq. 1 puts a losing generator to sleep; $-\log D$ wakes it (01.3). Detach in the judge's turn (01.5).
# - A generator that outruns its judge collapses; a better or smoother judge cures it (01.4).
# - Fooling your own judge proves nothing; a fresh one is the test (01.6).
#
# **Typical mistakes**
# - *The loss of D goes up and up*: the sign. D climbs V, optimisers descend.
# - *The generator learns in D's turn*: the missing `detach`. Symptom: D's loss falls, fakes drift away.
# - *"D says ½, so we are done"*: your judge may be weak. Train a fresh one.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. What is $V(D^*, G)$ when real and fake data never overlap?
#    <details><summary>Answer</summary>−log 4 + 2 log 2 = 0: the judge is always right.</details>
# 2. Why may a strong discriminator be bad for training with eq. 1 but not with the non-saturating loss?
#    <details><summary>Answer</summary>The slope of log(1 − D) vanishes where D is sure; that of −log D does not.</details>
# 3. A generator covers 1 mode with quality 1.0. Which of the two numbers warns you?
#    <details><summary>Answer</summary>The modes. Quality alone rewards collapse. Lesson 04 is about this.</details>
# 4. Why is the attack tested on points it was not trained on?
#    <details><summary>Answer</summary>A judge can learn its training points by heart and "win" on equal densities.</details>
# 5. A paper says: "the discriminator's accuracy is 50 %, so our keystream is random." What do you ask?
#    <details><summary>Answer</summary>Which discriminator? Train a fresh, stronger one; run the tests of lesson 07.</details>

# %% [markdown]
# Stuck? `hint("01.4")` shows one hint at a time, `reveal("01.4")` the reference.

# %%
hint("01.4")

# %% [markdown]
# ## References
# - Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014: eq. 1, the best discriminator, the non-saturating loss.
# - Mhawi, Abdullah, Sikora, *GANs for image security applications: a literature review*, IJICT 7(2), 2024 (seed 000), eq. 1.
# - Mescheder, Geiger, Nowozin, *Which training methods for GANs do actually converge?*, ICML 2018: the $R_1$ penalty.
# - Metz et al., *Unrolled generative adversarial networks*, ICLR 2017: the ring of eight Gaussians.
