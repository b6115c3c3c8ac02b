# %% [markdown]
# # 03 · A family of GANs
# Eight kinds of GAN, one trainer, one data set, one budget, one table: what each idea is, in a few lines of
# code, and what it is worth when nobody is allowed to use a bigger machine than the others.
#
# | minutes | needs | papers |
# |---|---|---|
# | 75 | lessons 01, 02 | seed 003 § 4.3.2; Mao 2017, Gulrajani 2017, Miyato 2018, Zhang 2017 and 2019, Karras 2018–2020, Brock 2019 |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **write** the least-squares losses and say what they change (03.1);
# - **repair** a gradient penalty (03.2) and show what happens without one;
# - **join** a label to a discriminator by projection (03.3);
# - **fade in** a new size (03.4) and **demodulate** a convolution (03.5);
# - **trace** a picture back to the generator that made it (03.6), and say what a table over three seeds proves.

# %% [markdown]
# ## Threat box
# - **Who attacks?** An investigator, or a censor, who wants to know *which* generator made a picture.
# - **What do they know?** A few hundred pictures of each candidate generator. No weights, no latents.
# - **What may they do?** Compute statistics of those pictures, then look at one new picture at a time.
# - **What counts as broken?** Naming the right generator clearly more often than by guessing.
# - **Not shown here:** resisting the attack, and whether a picture can be traced to a *training* picture
#   (lesson 04) or person (lessons 25–27).

# %%
import torch
import torch.nn.functional as F

from gansec_lib.course import family, start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.images import to_bytes, to_network
from gansec_lib.metrics import generative
from gansec_lib.nets import features, style
from gansec_lib.nets.small import SmallDiscriminator, SmallGenerator
from gansec_lib.show.figures import grid_figure, show_curves, show_grid, show_source, show_table
from gansec_lib.show.widgets import explore
from gansec_lib.train import losses

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("03", PROFILE, SEED)
count = course.pick(smoke=160, laptop=480, gpu=4096)
steps = course.pick(smoke=2, laptop=25, gpu=800)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. All eight train for the same number of steps on the same portraits. Will the newest one win?
# 2. A Wasserstein critic is trained without any limit on its slope. What happens to its loss?
# 3. Eight generators learned from the same pictures. Can one tell from *one* picture which of them made it?

# %% [markdown]
# ## 1. Same game, other losses
# Seed 003 § 4.3.2 lists the kinds, from "the original and foundational GAN model" to StyleGAN, each with a claim.
# For WGAN: *"improving the stability of training and addressing mode collapse"*. For StackGAN: *"the first stage
# captures basic shapes and colors, and the second refines the details"*. We keep everything equal but the idea
# itself, and test such claims.

# %%
faces = family.portraits(count)
real = family.at_32(faces.images)
show_grid(real[:12], ncols=6, title="What all eight learn from: drawn portraits, 32 or 64 px")

# %% [markdown]
# **Reading the figure.** Hair, skin, glasses, beard, age, pose, light and background vary; each portrait is another
# person. 4,096 of them, and 800 steps of 16, are the budget of each member.

# %%
show_table(
    [
        {"member": m.title, "px": m.size, "idea": m.idea, "paper": m.paper}
        for m in family.FAMILY.values()
    ]
)

# %% [markdown]
# A GAN is three things: networks, losses, and an order of moves. This is the whole vanilla one:


# %%
def play(generator, discriminator, pictures, moves, discriminator_loss, generator_loss):
    """The game of lesson 01, for any pair of losses on logits."""
    players = generator, discriminator
    adams = [torch.optim.Adam(p.parameters(), 4e-4, betas=(0.5, 0.999)) for p in players]
    for _ in range(moves):
        batch = to_network(pictures[torch.randint(len(pictures), (16,))])
        fake = generator(torch.randn(16, 64))
        loss = discriminator_loss(discriminator(batch), discriminator(fake.detach()))
        adams[1].zero_grad()
        loss.backward()
        adams[1].step()
        loss = generator_loss(discriminator(fake))
        adams[0].zero_grad()
        loss.backward()
        adams[0].step()
    return generator.eval()


generator, discriminator = SmallGenerator(), SmallDiscriminator()
play(generator, discriminator, real, steps, losses.bce_discriminator, losses.bce_generator)
with torch.no_grad():
    fake = generator(torch.randn(5, 64))
    print("fake", tuple(fake.shape), " logits", tuple(discriminator(fake).shape))

# %% [markdown]
# Shape check: latents `(N, 64)`, pictures `(N, 3, 32, 32)`, one logit each.
#
# **Least squares** (Mao et al. 2017). The log loss is satisfied with a fake that is *far* on the real side of the
# border. Squares are not: they pull every logit towards a target, 1 for real and 0 for fake,
#
# $$L_D = \tfrac12 \mathbb{E}[(D(x) - 1)^2] + \tfrac12 \mathbb{E}[D(G(z))^2], \qquad L_G = \tfrac12 \mathbb{E}[(D(G(z)) - 1)^2].$$

# %% [markdown]
# ### Exercise 03.1 · Least squares
# Difficulty ●○○ · 6 minutes · in: logits of real `(N,)` and fake `(M,)` · out: the two losses, `(L_D, L_G)`
#
# Write both. No sigmoid: the logits themselves are pulled.
# <details><summary>Hint: L_D is too large</summary>Each of its two means carries a factor ½.</details>
# <details><summary>Hint: which target?</summary>In L_D fakes are pulled to 0; in L_G the generator wants them at 1.</details>


# %%
def least_squares(logits_real, logits_fake):
    """LSGAN's two losses: discriminator's, generator's."""
    ### BEGIN SOLUTION
    discriminator = (logits_real - 1).square().mean() / 2 + logits_fake.square().mean() / 2
    return discriminator, (logits_fake - 1).square().mean() / 2
    ### END SOLUTION


# %%
least_squares = check("03.1", least_squares)

# %% [markdown]
# How hard does each loss push a fake whose logit is $a$? The slope says it.

# %%
logit = torch.linspace(-4, 6, 101, requires_grad=True)
pushes = {}
for name, loss in {
    "log loss": F.softplus(-logit).sum(),
    "least squares": len(logit) * least_squares(logit, logit)[1],
    "Wasserstein": -logit.sum(),
}.items():
    pushes[name] = -torch.autograd.grad(loss, logit)[0]
show_curves(pushes, x=logit.detach(), xlabel="logit of a fake", ylabel="push towards real",
            title="Log stops pushing, squares pull back, Wasserstein never stops")  # fmt: skip

# %% [markdown]
# **Reading the figure.** Right of 1 least squares is negative: a fake that looks *too* real is pulled back. The
# Wasserstein push is the same everywhere. That is its strength, and the reason for the next section.
#
# ## 2. A critic of bounded slope
# WGAN (Arjovsky et al. 2017) drops the probabilities: the **critic** scores, and the difference of mean scores
# estimates the Wasserstein distance, *if* the critic is 1-Lipschitz. Nothing in the loss keeps it so. WGAN-GP
# (Gulrajani et al. 2017) adds
#
# $$\lambda\, \mathbb{E}_{\hat x}\big[(\lVert \nabla_{\hat x} D(\hat x) \rVert_2 - 1)^2\big], \qquad \hat x = \varepsilon x + (1 - \varepsilon)\, G(z).$$
#
# Here is a colleague's version. It runs; it does not help.


# %%
def gradient_penalty_broken(critic, real, fake, epsilon):
    """10 · mean over pictures of (slope − 1)². Find the bugs."""
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between)
    return 10 * (slope.norm() - 1).square()


# %% [markdown]
# ### Exercise 03.2 · Find the bug
# Difficulty ●●● · 14 minutes · in: critic, real and fake `(N, C, H, W)`, ε `(N, 1, 1, 1)` · out: one number
#
# Two things are wrong. One makes it the penalty of the *batch*, not of each picture. The other makes it a
# number that teaches the critic nothing.
# <details><summary>Hint: one norm a picture</summary>slope.flatten(1).norm(dim=1) has shape (N,): square the difference, then mean.</details>
# <details><summary>Hint: no gradient reaches the critic</summary>torch.autograd.grad(…, create_graph=True) keeps the way back.</details>


# %%
def gradient_penalty(critic, real, fake, epsilon):
    """10 · mean over pictures of (slope − 1)², able to teach the critic."""
    ### BEGIN SOLUTION
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()
    ### END SOLUTION


# %%
gradient_penalty = check("03.2", gradient_penalty)

# %% [markdown]
# What is it for? Train a critic alone, against the fakes of an untrained generator, with and without it.


# %%
def critic_gap(penalised, moves=40):
    """mean score of real − mean score of fake, step by step."""
    torch.manual_seed(SEED)
    critic, sleeper, gaps = SmallDiscriminator(), SmallGenerator().eval(), []
    adam = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.0, 0.9))
    for _ in range(moves):
        batch = to_network(real[torch.randint(len(real), (16,))])
        with torch.no_grad():
            fake = sleeper(torch.randn(16, 64))
        loss = losses.wgan_discriminator(critic(batch), critic(fake))
        gaps.append(-loss.item())
        if penalised:
            loss = loss + gradient_penalty(critic, batch, fake, torch.rand(16, 1, 1, 1))
        adam.zero_grad()
        loss.backward()
        adam.step()
    return gaps


gaps = {"no limit": critic_gap(False), "gradient penalty": critic_gap(True)}
assert gaps["no limit"][-1] > 20 * max(1.0, gaps["gradient penalty"][-1])

# %% [markdown]
# A logarithmic axis; the first values may lie below it.

# %%
show_curves({name: torch.tensor(g).clamp_min(0.1) for name, g in gaps.items()}, log=True,
            ylabel="score of real − score of fake", xlabel="critic step",
            title="Without a limit on its slope the critic explodes")  # fmt: skip

# %% [markdown]
# **Reading the figure.** Real and fake stay the same all the time: the distance between them is a constant. With
# the penalty the critic's estimate settles. Without it, it grows and grows, and measures nothing. The
# generator's gradient grows with it.
#
# ## 3. Ask for what you want
# A **conditional** GAN gives both networks a label. The generator gets a learned vector for it beside the latent. The
# discriminator adds one term (Miyato and Koyama 2018): with $\phi(x)$ its last features and $V$ a vector a class,
#
# $$D(x, y) = \psi(\phi(x)) + \langle V_y, \phi(x) \rangle.$$

# %% [markdown]
# ### Exercise 03.3 · Projection
# Difficulty ●●○ · 8 minutes · in: features `(N, D)`, labels `(N,)` int64, V `(K, D)`, ψ a function `(N, D) → (N,)` · out: logits `(N,)`
#
# Compute $D(x, y)$ for each picture with *its own* label.
# <details><summary>Hint: I get (N, N)</summary>features @ V.T scores every picture against every class. Pick V[labels] first.</details>
# <details><summary>Hint: I get one number</summary>Sum over the features only: dim=1.</details>


# %%
def projection_logit(features, labels, vectors, psi):
    """Real or fake, plus how well the picture fits its label."""
    ### BEGIN SOLUTION
    return psi(features) + (vectors[labels] * features).sum(dim=1)
    ### END SOLUTION


# %%
projection_logit = check("03.3", projection_logit)

# %% [markdown]
# The shipped members were trained by `tools/make_weights.py` (800 steps each, seed 0). Ask the conditional one
# for each of its four classes, with the same latents:

# %%
shipped = {key: family.load(key) for key in family.FAMILY}
asked = [
    family.generate(shipped["conditional"], 6, SEED + 3, labels=torch.full((6,), label))
    for label in range(4)
]
show_grid(torch.cat(asked), ncols=6, title="One row a class: " + "; ".join(family.CLASSES))

# %% [markdown]
# **Reading the figure.** A column shares a latent: pose, light and colours stay, the asked-for class changes. Hair
# obeys. Beards, a few dark pixels, hardly do (seen in 37 to 47 of 100 short-haired pictures, asked for or not). The
# feature network of lesson 04 counts:

# %%
network = features.load()


def says(pictures, attribute):
    answers = network.answers(features.embed(pictures, network))["yes_no"]
    return (answers[:, features.YES_NO.index(attribute)] > 0).float().mean().item()


many = [
    family.generate(shipped["conditional"], 100, SEED, labels=torch.full((100,), label))
    for label in range(4)
]
long_hair = [says(pictures, "long_hair") for pictures in many]
assert min(long_hair[2:]) > max(long_hair[:2])
print("asking for long hair gives more long hair:", min(long_hair[2:]) > max(long_hair[:2]))

# %% [markdown]
# ## 4. Small first
# Two ways not to learn everything at once. **Stack-wise** (Zhang et al. 2017): one network sketches 16 px, a second
# one paints 64 px over it. **Progressive growing** (Karras et al. 2018): one network starts at 4 px and gets a new layer
# for each doubling, *faded in* so that nothing it knows is lost: with $\alpha$ from 0 to 1,
#
# $$x = (1 - \alpha)\, \mathrm{up}(x_\text{old}) + \alpha\, x_\text{new}.$$

# %% [markdown]
# ### Exercise 03.4 · Fade in
# Difficulty ●○○ · 6 minutes · in: old `(N, C, H, W)`, new `(N, C, 2H, 2W)`, α · out: `(N, C, 2H, 2W)`
#
# Enlarge `old` so that each pixel becomes 2 × 2, then blend.
# <details><summary>Hint: soft edges</summary>F.interpolate(old, scale_factor=2, mode="nearest"): not bilinear.</details>
# <details><summary>Hint: the ends are swapped</summary>At α = 0 only the old picture may show.</details>


# %%
def fade_in(old, new, alpha):
    """The picture of a size that is being faded in."""
    ### BEGIN SOLUTION
    return torch.lerp(F.interpolate(old, scale_factor=2, mode="nearest"), new, alpha)
    ### END SOLUTION


# %%
fade_in = check("03.4", fade_in)

# %% [markdown]
# The lesson's fade and the library's, on the shipped network half-way between 32 and 64 px:

# %%
grower, painter = shipped["progressive"], shipped["stack"]
latent, stages = torch.randn(3, 64, generator=course.generator(4)), []
with torch.no_grad():
    for level, alpha in ((3, 1.0), (4, 1.0), (4, 0.5)):
        grower.grow(level, alpha)
        stages.append(grower(latent))
    grower.grow(4, 1.0)
    sketches, paintings = painter.sketches(latent), painter(latent)
before, after = (stage.clamp(-0.999, 0.999).atanh() for stage in stages[:2])
assert torch.allclose(fade_in(before, after, 0.5).tanh(), stages[2], atol=0.02)
both = [*to_bytes(sketches), *to_bytes(paintings)]
show_grid(both, labels=["sketch"] * 3 + ["painting"] * 3, title="Stack-wise: sketch, then paint")

# %% [markdown]
# **Reading the figure.** The sketch says where the head is and which colours; the painting adds hair, eyes and mouth. The
# seed's sentence on StackGAN describes exactly this.
#
# All eight side by side, the same latents' worth of luck for each (seed 0, not chosen):

# %% tags=["gallery"]
family_pictures = [family.generate(g, 4, SEED + 6) for g in shipped.values()]
columns = [pictures[row] for row in range(4) for pictures in family_pictures]
titles = [""] * 24 + [family.member(key).title for key in shipped]
show_grid(columns, ncols=8, labels=titles, size=0.85, title="Eight kinds of GAN after 800 steps")

# %% [markdown]
# **Reading the figure.** All are faces; grain and colours differ, and the two of 64 px (stack-wise, progressive) are
# smoother. The progressive one spent most of its steps on small sizes and had 240 left for 64 px.
#
# ## 5. Steering every layer
# **Style modulation** (Karras et al. 2019, 2020): the latent becomes a style $w$ (a small MLP), and in every layer $w$ gives
# one factor $s_i$ for each input channel. StyleGAN2 then *demodulates*: it rescales each output channel's weights to norm 1, so that no style can blow the signal up:
#
# $$w'_{oi} = s_i\, w_{oi}, \qquad w''_{oi} = w'_{oi} \Big/ \sqrt{\textstyle\sum_{i,k} w'^2_{oik} + 10^{-8}}.$$

# %% [markdown]
# ### Exercise 03.5 · Demodulate
# Difficulty ●●○ · 10 minutes · in: weight `(O, I, K, K)`, factors `(N, I)` · out: `(N, O, I, K, K)`
#
# One set of weights for each picture: modulate, then bring each output channel to norm 1.
# <details><summary>Hint: shapes do not broadcast</summary>weight[None] * factors[:, None, :, None, None].</details>
# <details><summary>Hint: the norm is over what?</summary>Everything that feeds one output channel: input channels and both kernel axes, (2, 3, 4).</details>


# %%
def demodulated(weight, factors):
    """StyleGAN2's weights, one set a picture."""
    ### BEGIN SOLUTION
    modulated = weight[None] * factors[:, None, :, None, None]
    energy = modulated.square().sum((2, 3, 4), keepdim=True)
    return modulated * torch.rsqrt(energy + 1e-8)
    ### END SOLUTION


# %%
demodulated = check("03.5", demodulated)

# %% [markdown]
# The library never builds a weight a picture; it scales inputs and outputs instead. Same map:

# %%
layer, w = style.ModulatedConv2d(6, 5, 3, style=8), torch.randn(2, 8)
hidden = torch.randn(2, 6, 7, 9)
with torch.no_grad():
    weights = demodulated(layer.scale * layer.weight, layer.affine(w))
    slow = torch.cat(
        [F.conv2d(h[None], k, padding=1) for h, k in zip(hidden, weights, strict=True)]
    )
    assert torch.allclose(layer(hidden, w), slow, atol=1e-4)
print("lesson and library agree: True")

# %% [markdown]
# Because each layer gets its own $w$, two parents can be **mixed**: the coarse layer (4 px) from one, all finer layers
# (8 to 32 px) from the other.

# %%
stylist, rng = shipped["style"], course.generator(5)
coarse, fine = torch.randn(4, 64, generator=rng), torch.randn(5, 64, generator=rng)
noise = stylist.noise(1, rng)
with torch.no_grad():
    top = torch.cat([stylist(f[None], noise=noise) for f in fine])
    rows = [torch.cat([torch.ones(1, 3, 32, 32), top])]
    for parent in coarse:
        mixed = [stylist(parent[None], f[None], 1, noise) for f in fine]
        rows.append(torch.cat([stylist(parent[None], noise=noise), *mixed]))
show_grid(
    to_bytes(torch.cat(rows)), ncols=6, title="Layout and light from the left, detail from above"
)

# %% [markdown]
# **Reading the figure.** Along a row background, light and layout stay: the 4 px layer decides them already. Down a
# column contrast, hair and grain come from above. No other member can do this: their latent enters in one place.
#
# **Self-attention** (SAGAN, BigGAN) lets every place look at every other one before painting, and BigGAN adds the
# *truncation trick*: cut the latents at a threshold and get more typical pictures, fewer kinds.

# %%
judge_set = family.at_32(family.portraits(count, "test").images)
judged = features.describe(judge_set, network)
thresholds, trade = (0.3, 0.7, 1.2, 2.5), {"precision": [], "recall": []}
for threshold in thresholds:
    made = family.generate(shipped["attention"], count, SEED, truncation=threshold)
    found = generative.precision_recall(judged, features.describe(made, network))
    for name, values in trade.items():
        values.append(found[name])
assert trade["recall"][0] <= trade["recall"][-1]

# %% [markdown]
# Precision (share of generated pictures whose content is among the real ones) and recall (the other way round) are
# lesson 04's:

# %%
show_curves(trade, x=thresholds, xlabel="latents cut at", title="Truncation costs variety")

# %% [markdown]
# **Reading the figure.** Variety goes, as promised. But precision goes too: near latent 0 this small generator
# paints an average that resembles nobody. BigGAN's authors saw the same in some of their models (§ 3.1): the trick
# needs a smooth generator. A paper's trick is a claim until it is measured.

# %% [markdown]
# All eight, live, for a few steps (this machine, these seconds). The loop is the library's `Trainer`; a member
# only says what its players minimise.

# %% tags=["nbval-ignore-output"]
speed = []
for key, member in family.FAMILY.items():
    _, history = family.train(key, faces, steps=steps, seed=SEED)
    speed.append(
        {
            "member": member.title,
            "parameters": sum(p.numel() for p in shipped[key].parameters()),
            "ms a step": 1000 * history.seconds / max(1, len(history)),
            "losses": ", ".join(f"{v:.2f}" for v in history.last().values()),
        }
    )
show_table(speed)

# %% [markdown]
# And the shipped ones, trained 800 steps. Turn the controls: which member, which latents, how far they are cut.


# %%
def gallery(member="style", seed=0, truncation=2.0):
    pictures = family.generate(shipped[member], 12, seed, truncation=truncation)
    return grid_figure(pictures, ncols=6, title=f"{family.member(member).title}, 800 steps")


explore(gallery, member=list(shipped), seed=(0, 30), truncation=(0.2, 3.0, 0.2))

# %% [markdown]
# ## Break it
# "Faces of nobody" sound anonymous. But each network leaves its own **fingerprint**: grain, checkerboards, smoothness
# that its layers cannot avoid (Marra et al. 2019). The attacker removes what a picture *shows* and looks at the rest:
#
# $$r = x - \mathrm{blur}(x), \qquad \text{fingerprint} = \log\big(|\mathrm{FFT}(r)|^2 + 1\big).$$

# %% [markdown]
# ### Exercise 03.6 · Fingerprint
# Difficulty ●●○ · 10 minutes · in: uint8 `(N, C, H, W)` · out: float `(N, H, W // 2 + 1)`
#
# Grey is the mean over channels, as float in [0, 255]. Blur: mean of the 3 × 3 neighbourhood, border reflected.
# Then `torch.fft.rfft2`, squared size, `log1p`.
# <details><summary>Hint: wrap-around values</summary>uint8 minus float is fine, uint8 minus uint8 is not: .float() first.</details>
# <details><summary>Hint: the border differs</summary>F.pad(grey, (1, 1, 1, 1), mode="reflect") and then F.avg_pool2d(…, 3, 1).</details>


# %%
def fingerprint(pictures):
    """Log power spectrum of what a 3 × 3 mean cannot explain."""
    ### BEGIN SOLUTION
    grey = pictures.float().mean(1, keepdim=True)
    residual = grey - F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return torch.fft.rfft2(residual.squeeze(1)).abs().square().log1p()
    ### END SOLUTION


# %%
fingerprint = check("03.6", fingerprint)

# %% [markdown]
# The attacker's classifier is one linear map from spectrum to generator, fitted by ridge regression; no network.


# %%
def trace(sets, share=0.6, ridge=30.0):
    """Fit on the first part of each set, name the rest: the share named right, and the guesses."""
    rows = [fingerprint(pictures).flatten(1) for pictures in sets]
    cut = int(share * len(rows[0]))
    known, unknown = torch.cat([r[:cut] for r in rows]), torch.cat([r[cut:] for r in rows])
    centre, spread = known.mean(0), known.std(0) + 1e-3
    known, unknown = ((r - centre) / spread for r in (known, unknown))
    who = torch.arange(len(sets))
    target = F.one_hot(who.repeat_interleave(cut)).float()
    gram = known @ known.T + ridge * len(known) * torch.eye(len(known))
    guess = (unknown @ known.T @ torch.linalg.solve(gram, target - 1 / len(sets))).argmax(1)
    truth = who.repeat_interleave(len(rows[0]) - cut)
    return (guess == truth).float().mean().item(), guess, truth


each = min(count, 400)
made = {key: family.at_32(family.generate(g, each, SEED + 9)) for key, g in shipped.items()}
right, guess, truth = trace(list(made.values()))

# %% [markdown]
# Positive control: real portraits against one generator. Negative controls: one generator against itself (other
# latents), and real against real. There the attack must fail.

# %%
twins = [family.generate(shipped["vanilla"], each, SEED + seed) for seed in (21, 22)]
controls = {
    "eight generators": (right, 1 / 8),
    "real or vanilla": (trace([judge_set[:each], made["vanilla"]])[0], 1 / 2),
    "vanilla or vanilla": (trace(twins)[0], 1 / 2),
    "real or real": (trace([judge_set[::2], judge_set[1::2]])[0], 1 / 2),
}
tested = {
    "vanilla or vanilla": len(twins[0]) - int(0.6 * each),
    "real or real": count // 2 - int(0.3 * count),
}
for name, tries in tested.items():
    assert abs(controls[name][0] - 0.5) < 4 * (0.25 / (2 * tries)) ** 0.5, (name, controls[name])
assert controls["eight generators"][0] > 0.4 and controls["real or vanilla"][0] > 0.85
print("traced far above chance, and the controls stay at chance: True")

# %% [markdown]
# The numbers of this run, and who is taken for whom (rows: the truth, in per cent):

# %% tags=["nbval-ignore-output"]
show_table(
    [{"who made it?": k, "named right": v, "by guessing": c} for k, (v, c) in controls.items()]
)
confusion = torch.zeros(8, 8).index_put((truth, guess), torch.ones(len(truth)), accumulate=True)
percent = (100 * confusion / confusion.sum(1, keepdim=True)).round().int()
names = list(shipped)
show_table(
    [
        {"made by": a} | dict(zip(names, row.tolist(), strict=True))
        for a, row in zip(names, percent, strict=True)
    ]
)

# %% [markdown]
# **Reading the tables.** A picture of nobody still says *which machine* drew it. The few mistakes have reasons: WGAN-GP
# is taken for self-attention, whose generator has the same layers, and style for stack-wise: both are smooth. Not
# shown: whether the trace belongs to the *kind* of GAN or to this one trained network. Blur or JPEG weakens it;
# lesson 21 has stronger detectors.

# %% [markdown]
# ## Results
# Three seeds each, measured when the weights were made (`tools/recipes/lesson_03.py`, 2,000 pictures against 2,000 held-out
# portraits), and read from `data/family_results.json`. *Spread* is the largest minus the smallest.

# %%
measured = family.results()
table = []
for key, member in family.FAMILY.items():
    seeds = measured[key]["seeds"]
    fids = [row["fid_lite"] for row in seeds]
    row = {
        "member": member.title,
        "FID-lite": round(sum(fids) / 3, 1),
        "spread": round(max(fids) - min(fids), 1),
    }
    row |= {name: round(sum(s[name] for s in seeds) / 3, 2) for name in ("precision", "recall")}
    table.append(row | {"CPU seconds": round(sum(s["cpu_seconds"] for s in seeds) / 3)})
show_table(sorted(table, key=lambda row: row["FID-lite"]), title=family.measured_line())

# %% [markdown]
# **Reading the table.** Stack-wise refinement wins with every seed (34 to 40); the newest idea does not win. Progressive
# growing ranges from 47 to 122: with one seed each, anybody could have "shown" that it beats or loses to the rest. This is
# a table for 800 steps on a laptop; style and growing were made for long runs and large pictures.
#
# The same judge, live, on seed 0's shipped weights, beside what is possible: new portraits from the true source.

# %% tags=["nbval-ignore-output"]
possible = family.at_32(family.portraits(2 * count, "test").images)[count:]
live = {
    key: generative.fid_lite(judge_set, pictures[:count], network) for key, pictures in made.items()
}
limit = generative.fid_lite(judge_set, possible, network).value
show_table(
    [{"member": family.member(key).title, "FID-lite, live": metric.value,
      "shipped, seed 0": measured[key]["seeds"][0]["fid_lite"]} for key, metric in live.items()],
    title=f"{each} pictures; an honest perfect generator gets {limit:.2f}",
)  # fmt: skip

# %% [markdown]
# Fewer pictures, higher FID (lesson 04 says why): compare the order, not the values. The floors:

# %%
untrained = generative.fid_lite(
    judge_set, to_bytes(SmallGenerator().eval()(torch.randn(count, 64))), network
)
assert all(metric.value < untrained.value / 2 for metric in live.values())
assert all(metric.value > limit for metric in live.values())
print("every member is at least twice as good as an untrained one, and none is perfect: True")

# %% [markdown]
# Now the seed's claim on WGAN, *"addressing mode collapse"*, as far as 800 steps and three seeds can test it:

# %%
recall = {key: [row["recall"] for row in measured[key]["seeds"]] for key in ("vanilla", "wgan_gp")}
holds = min(recall["wgan_gp"]) > max(recall["vanilla"])
show_table(
    [
        {"member": k, **{f"recall, seed {i}": round(r, 3) for i, r in enumerate(v)}}
        for k, v in recall.items()
    ]
)
print("every WGAN-GP seed has more recall than every vanilla seed:", holds)

# %% [markdown]
# ## Recap
# You **wrote** LSGAN's losses; **repaired** a gradient penalty and saw a critic explode without one; **joined** labels by
# projection; **faded in** a size and **demodulated** a layer; **tested** claims over three seeds; and **traced** pictures
# back to their generators.
#
# Three typical mistakes, and their symptom:
# - *Batch norm in a WGAN-GP critic*: the penalty looks fine, training wanders. Pictures of a batch see each other.
# - *One ε for the batch, or no create_graph*: the penalty stays high for ever.
# - *One seed in the table*: the order of close members changes with the next seed.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. Why has a least-squares discriminator no sigmoid? <details><summary>Answer</summary>Its targets are for the logits themselves; a sigmoid would flatten the pull far from the border.</details>
# 2. What does the loss of a WGAN-GP critic estimate? <details><summary>Answer</summary>Minus the Wasserstein distance between real and fake, as long as its slope stays at 1.</details>
# 3. At α = 0, what does a progressive generator show? <details><summary>Answer</summary>The picture of the size before, each pixel doubled.</details>
# 4. Why can styles be mixed but latents of a DCGAN cannot? <details><summary>Answer</summary>A style enters at every layer, so each layer can have another one. A DCGAN's latent enters once.</details>
# 5. The negative control names 50 % right. What would 70 % mean? <details><summary>Answer</summary>The attack reads something else than the generator (order, seed, a leak): its other results are worthless.</details>

# %% [markdown]
# ## References
# - Seed 003: Raj Kumar, *Meaningful encryption of the real images*, 2023, § 4.3.2.
# - Mao et al., *LSGAN*, 2017. Arjovsky et al., *Wasserstein GAN*, 2017; Gulrajani et al., *Improved training*, 2017. Mirza and Osindero, *Conditional GAN*, 2014; Miyato and Koyama, *Projection discriminator*, 2018.
# - Zhang et al., *StackGAN*, 2017. Karras et al., *Progressive growing*, 2018; *StyleGAN*, 2019; *StyleGAN2*, 2020. Zhang et al., *SAGAN*, 2019; Brock et al., *BigGAN*, 2019.
# - Marra et al., *Do GANs leave artificial fingerprints?*, 2019.
