# %% [markdown]
# # 02 · DCGAN faces
# You rebuild, weight for weight, a network that a report calls an *image cipher*; you watch it draw faces of
# nobody, ask it to carry a message, and then read the "key" off the published picture.
#
# | minutes | needs | papers |
# |---|---|---|
# | 70 | lessons 00, 01 | seed 003 (Raj Kumar, IIT Jodhpur 2023), DCGAN (Radford et al. 2016) |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **rebuild** a published network from its printed parameter counts (02.1, 02.2);
# - **repair** a training step that runs without an error and does not learn (02.3);
# - **walk** through a latent space without leaving it (02.4);
# - **decide** by counting and by experiment whether a generator encrypts anything (02.5);
# - **recover** a latent from a published picture (02.6).

# %% [markdown]
# ## Threat box
# - **Claim** (seed 003): the face a generator draws is an *encrypted image*; the trained network is the key.
# - **Who attacks?** Someone who sees the published face and has the generator: it ships with the software.
# - **Goal:** the latent $z$ behind the face, or any message it stands for.
# - **Broken** if the attacker draws the same face again (PSNR ≥ 30 dB) and reads the message in $z$.
# - **Not shown here:** attackers without the weights; whether the faces leak the training pictures (lesson 26).

# %%
import matplotlib.pyplot as plt
import torch
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from torch import nn
from torch.nn.functional import avg_pool2d, normalize, softplus

from gansec_lib import images
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.images import to_bytes, to_network
from gansec_lib.nets import weights
from gansec_lib.nets.dcgan import DCGANDiscriminator, DCGANGenerator, initialise, layer_table
from gansec_lib.show.figures import grid_figure, show_curves, show_grid, show_panels, show_table
from gansec_lib.show.widgets import explore

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile. A profile changes these numbers and nothing else.

# %% tags=["nbval-ignore-output"]
course = start("02", PROFILE, SEED)
train_steps = course.pick(smoke=2, laptop=25, gpu=500)
pool = course.pick(smoke=48, laptop=240, gpu=1008)
attack_steps = course.pick(smoke=(12, 12), laptop=(30, 90), gpu=(50, 200))  # Adam, L-BFGS
seeds = [SEED, SEED + 1, SEED + 2]

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. Seed 003 "encrypts" a picture of you. How many of your pixels go into the network?
# 2. A latent has 100 numbers. Can every 64×64 picture have its own?
# 3. You see one face on a website. Can you find the 100 numbers it was drawn from?

# %% [markdown]
# ## 1. Two networks, to the last parameter
# The **generator** turns 100 random numbers into a picture: a dense layer makes an 8×8 picture of 128
# channels, three *transposed convolutions* double it to 16, 32 and 64 pixels, a last convolution mixes 512
# channels into red, green and blue. A layer with a $k \times k$ kernel from $a$ to $b$ channels has
#
# $$n = k \cdot k \cdot a \cdot b + b$$
#
# parameters: the weights, and one bias for each output channel. The report prints all its counts, so we can
# rebuild it exactly. What it does not print is ours: LeakyReLU's slope 0.2 and the tanh at the end.

# %%
generator = nn.Sequential(
    nn.Linear(100, 8 * 8 * 128),
    nn.Unflatten(1, (128, 8, 8)),
    nn.ConvTranspose2d(128, 128, 4, stride=2, padding=1),
    nn.LeakyReLU(0.2),
    nn.ConvTranspose2d(128, 256, 4, stride=2, padding=1),
    nn.LeakyReLU(0.2),
    nn.ConvTranspose2d(256, 512, 4, stride=2, padding=1),
    nn.LeakyReLU(0.2),
    nn.Conv2d(512, 3, 5, padding=2),
    nn.Tanh(),
)

# %% [markdown]
# Shape check after each module, as Keras prints it, and the counts of the report asserted.


# %%
rows = layer_table(generator, torch.zeros(1, 100))
show_table(rows, title="The generator")
printed = [827_392, 262_272, 524_544, 2_097_664, 38_403]
assert [row["parameters"] for row in rows if row["parameters"]] == printed
assert sum(printed) == 3_750_275

# %% [markdown]
# **Reading the table.** Every count is the printed one, and 56 % of all parameters sit in one layer, the last
# doubling, which also does 87 % of the arithmetic. The report's *prose* tells another story: batch
# normalisation and ReLU after each layer, and 128 channels at 64×64. Both would change the counts (batch norm
# adds 4 for each channel, 128 channels make that layer 524,416). The summary was printed by the program that
# ran; the prose was not. We follow the program.

# %% [markdown]
# ### Exercise 02.1 · Keras's padding
# Difficulty ●○○ · 6 minutes · in: `size`, `kernel`, `stride` (whole numbers) · out: `(before, after)`
#
# The report's layers say `padding="same"`; PyTorch wants a number. Keras makes the output
# $\lceil \text{size} / \text{stride} \rceil$ pixels long and adds just enough zeros for the last window to fit.
# If their number is odd, the extra one goes *behind*. How many go before and after one axis?
# <details><summary>Hint: a negative padding</summary>A kernel smaller than the stride needs no padding: max(…, 0).</details>
# <details><summary>Hint: odd sizes fail</summary>`before = total // 2`, and the rest goes behind.</details>


# %%
def same_padding(size, kernel, stride):
    """Pixels that Keras adds before and after one axis: ``(before, after)``."""
    ### BEGIN SOLUTION
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
    ### END SOLUTION


# %%
same_padding = check("02.1", same_padding)

# %% [markdown]
# For 64, 32 and 16 pixels with a 4×4 kernel and stride 2 the answer is (1, 1): PyTorch's `padding=1` is the
# same arithmetic. For 65 pixels it is (1, 2), and `padding=1` would not be.

# %% [markdown]
# ### Exercise 02.2 · Seed 003's discriminator
# Difficulty ●●○ · 10 minutes · out: an `nn.Module`, `(N, 3, 64, 64)` → logits `(N,)`
#
# Three 4×4 convolutions of stride 2 with 3,136, 131,200 and 262,272 parameters and LeakyReLU(0.2), then
# flatten, dropout (the rate 0.2 is ours), dense: 8,193. The report ends in a sigmoid. Leave it out and return
# the **logit**: the sigmoid belongs to the loss, where log(sigmoid) is computed without a log of zero.
# <details><summary>Hint: a count is 64 or 128 too small</summary>The bias is missing: Keras has one by default.</details>
# <details><summary>Hint: the shape is (2, 1)</summary>A last `nn.Flatten(0)` makes it `(2,)`.</details>


# %%
def build_discriminator():
    """64×64 picture → one logit, layer by layer as seed 003 printed it."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(3, 64, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 128, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(8192, 1),
        nn.Flatten(0),
    )
    ### END SOLUTION


# %%
build_discriminator = check("02.2", build_discriminator)

# %% [markdown]
# The library has both networks as classes. They must be these networks: with the same weights, the same result.

# %%
discriminator, library = build_discriminator().eval(), DCGANDiscriminator().eval()
for theirs, ours in zip(library.parameters(), discriminator.parameters(), strict=True):
    theirs.data.copy_(ours.data)
pictures = torch.rand(2, 3, 64, 64)
assert torch.equal(library(pictures), discriminator(pictures))
total = sum(p.numel() for p in discriminator.parameters())
print(f"discriminator: {total:,} parameters, printed in the report: 404,801")
assert total == 404_801

# %% [markdown]
# ## 2. One step of the game
# The data: *SynthFaces*, drawn by a program, so that every person is nobody. The report used CelebA.

# %%
faces = images.load("faces", 64, 1024, seed=SEED)
show_grid(faces.images[:6], ncols=6, title="Real: six of the pictures the generator will imitate")

# %% [markdown]
# **Reading the figure.** One face a picture, roughly centred; skin, hair, glasses, beard, pose, light and
# background vary. That is all a generator has to learn, and all it *can* learn.
#
# As in lesson 01, with logits $D(\cdot)$ and $\text{softplus}(a) = \log(1 + e^a) = -\log \sigma(-a)$:
#
# $$L_D = \mathbb{E}[\text{softplus}(-D(x))] + \mathbb{E}[\text{softplus}(D(G(z)))], \qquad
# L_G = \mathbb{E}[\text{softplus}(-D(G(z)))]$$
#
# Someone wrote the step below. PyTorch complained that a graph was used twice, so they added
# `retain_graph=True`. Now it runs, and hardly learns.


# %%
def train_step_broken(generator, discriminator, optimizer_g, optimizer_d, real, noise):
    """One step: the discriminator moves, then the generator. Returns both losses."""
    optimizer_g.zero_grad()
    optimizer_d.zero_grad()
    fake = generator(noise)
    loss_d = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
    loss_d.backward(retain_graph=True)
    optimizer_d.step()
    loss_g = softplus(-discriminator(fake)).mean()
    loss_g.backward()
    optimizer_g.step()
    return loss_d.item(), loss_g.item()


# %% [markdown]
# ### Exercise 02.3 · Find the bug
# Difficulty ●●○ · 8 minutes · in: networks, optimisers, `real` and `noise` · out: `(loss_d, loss_g)`
#
# Write the step again so that each player moves on its own loss alone, the discriminator first; the generator
# then answers the discriminator that has just moved. Same fakes for both.
# <details><summary>Hint: where does the bug sit?</summary>Which networks does `loss_d.backward()` reach, and who clears what it leaves there?</details>
# <details><summary>Hint: one word is missing</summary>In the discriminator's turn the fakes are data: `fake.detach()`.</details>


# %%
def train_step(generator, discriminator, optimizer_g, optimizer_d, real, noise):
    """One step: the discriminator moves, then the generator. Returns both losses."""
    ### BEGIN SOLUTION
    fake = generator(noise)
    loss_d = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()
    loss_g = softplus(-discriminator(fake)).mean()
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    return loss_d.item(), loss_g.item()
    ### END SOLUTION


# %%
train_step = check("02.3", train_step)

# %% [markdown]
# What the bug does: the generator gets $\nabla(L_G + L_D)$. With a discriminator that is undecided the two
# cancel, since $\frac{d}{da}[\text{softplus}(-a) + \text{softplus}(a)] = \tanh(a / 2)$, which is 0 at $a = 0$. We
# compare the generator's first gradient with and without the bug, for three seeds, against a discriminator that
# stays undecided (it learns at rate 0).


# %%
def begin(seed, rates=(2e-4, 4e-4)):
    """Both networks with fresh weights, and an Adam for each (rates and β₁ are ours)."""
    torch.manual_seed(seed)
    networks = initialise(DCGANGenerator(), seed), initialise(DCGANDiscriminator(), seed + 100)
    pairs = zip(networks, rates, strict=True)
    return *networks, *(torch.optim.Adam(n.parameters(), rate, (0.5, 0.999)) for n, rate in pairs)


def first_gradient(step, seed):
    """Length of the generator's gradient in its first step."""
    players = begin(seed, rates=(2e-4, 0.0))
    players[1].eval()  # no dropout: the same logits in both turns
    step(*players, to_network(faces.images[:4]), torch.randn(4, 100))
    return nn.utils.get_total_norm([p.grad for p in players[0].parameters()]).item()


ratios = [first_gradient(train_step_broken, s) / first_gradient(train_step, s) for s in seeds]
print("the bug takes 99 % of the gradient:", [ratio < 0.01 for ratio in ratios])
assert max(ratios) < 0.01

# %% [markdown]
# The loop, in full: draw a batch of real faces and of noise, let both players move, write down the losses.


# %%
def train(seed, steps, batch=8):
    """A generator after some steps, and the losses (steps, 2)."""
    generator, discriminator, optimizer_g, optimizer_d = begin(seed)
    losses = []
    for _ in range(steps):
        real = to_network(faces.images[torch.randint(len(faces), (batch,))])
        noise = torch.randn(batch, 100)
        losses.append(train_step(generator, discriminator, optimizer_g, optimizer_d, real, noise))
    return generator.eval(), torch.tensor(losses)


runs = [train(seed, train_steps) for seed in seeds]
with torch.no_grad():
    early = torch.cat([to_bytes(young(torch.randn(2, 100))) for young, _ in runs])
show_grid(early, ncols=6, title="After the first steps (three seeds): nothing like a face yet")

# %% [markdown]
# **Reading the figure.** A laptop does two steps of eight pictures a second; faces need thousands of steps. The
# weights that ship with the course come from the same networks, losses and optimiser, from
# `python tools/make_weights.py faces_dcgan`, plus three things the report does not have (ours): mirrored
# pictures, a light R1 penalty (lesson 01), and the average of the generator's weights over about 1,000 steps.

# %%
name = "faces_dcgan_training.png"
strip = (255 * plt.imread(weights.data_dir() / name)).round().astype("uint8")
steps = weights.manifest()[name]["steps"]
title = "Six latents, after steps " + ", ".join(map(str, steps))
show_grid(torch.from_numpy(strip).permute(2, 0, 1)[None], size=3.9, title=title)

# %% [markdown]
# **Reading the figure.** First the average colours, then head and background, then hair, then eyes. Each
# column keeps its latent: from the middle of training on it also keeps its person.
#
# ## 3. Faces of nobody
# The shipped generator holds its weights as bytes (int8, one scale for each output channel) to stay below
# 4 MB; `weights.load` checks their sha256 and restores them.

# %% tags=["gallery"]
generator = weights.load("faces_dcgan", DCGANGenerator())


@torch.no_grad()
def draw(latent):
    """Latents (N, 100) to pictures (N, 3, 64, 64) in [−1, 1], a few at a time."""
    return torch.cat([generator(part) for part in latent.split(32)])


latents = torch.cat([torch.randn(pool // 3, 100, generator=course.generator(s)) for s in seeds])
fakes, real = draw(latents), to_network(faces.images)
both = torch.cat([faces.images[12:18], to_bytes(fakes[:12])])
show_grid(both, ncols=6, title="One row of real faces above two rows of generated ones")

# %% [markdown]
# **Reading the figure.** Above: the program's pictures. Below: the network's. You can tell them apart: thin
# things (glasses, the iris) are smeared, backgrounds are greyer, some faces are not symmetric. But faces they
# are. Is the *variety* real too? We compare the average distance between two fakes with that
# between two real faces; a collapsed generator (lesson 01) would be near 0.


# %%
def variety(pictures):
    """Mean distance between two different pictures of a set."""
    return torch.pdist(avg_pool2d(pictures, 4).flatten(1)).mean().item()


varieties = [variety(part) / variety(real) for part in fakes.split(pool // 3)]
print("variety of the fakes above 70 % of the real one:", [v > 0.7 for v in varieties])
assert min(varieties) > 0.7

# %% [markdown]
# ## 4. Walking through the latent space
# If the generator is smooth, a path between two latents is a film from one face to another. Which path? A
# standard normal vector of length $d$ has $\|z\| \approx \sqrt d = 10$, almost always: the mass sits on a thin
# shell. The straight line (*lerp*) cuts through the inside, where no training latent ever was. The great
# circle (*slerp*) stays on the shell; $\Omega$ is the angle between the two:
#
# $$\text{slerp}(a, b, t) = \frac{\sin((1 - t)\,\Omega)}{\sin \Omega}\, a + \frac{\sin(t\,\Omega)}{\sin \Omega}\, b$$

# %% [markdown]
# ### Exercise 02.4 · Slerp
# Difficulty ●●○ · 8 minutes · in: `start` and `end` `(D,)`, `t` `(T,)` · out: `(T, D)`
#
# Write the formula. The two vectors may have different lengths: take the angle from the directions, and weigh
# the vectors as they are. For (almost) equal vectors it must be lerp, not nan.
# <details><summary>Hint: nan for equal vectors</summary>sin 0 = 0. Below a tiny angle, return the straight line.</details>
# <details><summary>Hint: shapes (T,) and (D,) do not fit</summary>`t[:, None]` makes a column.</details>


# %%
def slerp(start, end, t):
    """From ``start`` (D,) to ``end`` (D,) along the great circle, at ``t`` (T,): (T, D)."""
    ### BEGIN SOLUTION
    cosine = torch.dot(start, end) / (start.norm() * end.norm())
    angle = torch.arccos(cosine.clamp(-1, 1))
    t = t[:, None]
    if angle < 1e-3:
        return (1 - t) * start + t * end
    return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)
    ### END SOLUTION


# %%
slerp = check("02.4", slerp)

# %% [markdown]
# Both walks between the same two faces, straight line above, great circle below.


# %%
def lerp(start, end, t):
    return torch.lerp(start, end, t[:, None])


middles = [path(latents[0], latents[1], torch.tensor([0.5])) for path in (lerp, slerp)]
print("length of z halfway:", [round(middle.norm().item()) for middle in middles])
places = torch.linspace(0, 1, 5)
walk = draw(torch.cat([path(latents[6], latents[8], places) for path in (lerp, slerp)]))
title = "From one face to another: straight (above), on the shell (below)"
show_grid(to_bytes(walk), ncols=5, title=title)

# %% [markdown]
# **Reading the figure.** There is no point where one face ends and the other begins: the generator has no list
# of faces, it is a smooth map. In the middle of the upper row the face is a little flatter and paler. We
# measure that as the distance from the average face, for three seeds.


# %%
def distances(path, seed, pairs=pool // 24):
    """Mean distance from the average face along a path, (T,), relative to its two ends."""
    ends = torch.randn(2, pairs, 100, generator=course.generator(50 + seed))
    steps = torch.stack([path(a, b, places) for a, b in zip(*ends, strict=True)])
    away = (
        (draw(steps.flatten(0, 1)) - fakes.mean(0)).flatten(1).norm(dim=1).view(pairs, -1).mean(0)
    )
    return (away + away.flip(0)) / (away[0] + away[-1])  # there and back: ends are 1


walks = {path.__name__: torch.stack([distances(path, s) for s in seeds]) for path in (lerp, slerp)}
show_curves(
    walks, x=places, title="The straight line passes closer to the average face", xlabel="t"
)
assert (walks["lerp"][:, 2] < walks["slerp"][:, 2]).all()

# %% [markdown]
# **Reading the figure.** A clear dip for lerp, none for slerp: short latents draw average faces. Remember it for
# the attack below: an optimiser that starts at $z = 0$ starts at the average face.
#
# **Directions with a name.** SynthFaces knows its attributes. A linear *probe*, fitted on real pictures, reads
# them from pixels. Applied to fakes it tells which way in $z$ each attribute grows, $A = \mathbb{E}[z \cdot
# \text{probe}(G(z))]$; the pseudo-inverse of $A$ raises one and leaves the others alone, to first order.

# %%
NAMES = ("skin_tone", "long_hair", "pose_yaw")


def pixels(pictures):
    """Pictures in [−1, 1] at 16×16, flattened, with a constant: what the probe sees."""
    flat = avg_pool2d(pictures, 4).flatten(1)
    return torch.cat([flat, torch.ones(len(flat), 1)], dim=1)


def ridge(inputs, outputs, weight):
    """The linear map with the least squared error plus weight·‖map‖²."""
    square = inputs.T @ inputs + weight * torch.eye(inputs.shape[1])
    return torch.linalg.solve(square, inputs.T @ outputs)


wanted = torch.stack([faces.attributes[name].float() for name in NAMES], dim=1)
probe = ridge(pixels(real), (wanted - wanted.mean(0)) / wanted.std(0), weight=10.0)
scores = pixels(fakes) @ probe
growth = latents.T @ (scores - scores.mean(0)) / pool
directions = normalize(torch.linalg.pinv(growth), dim=1)

# %% [markdown]
# Walk along each direction from the same face.

# %% tags=["gallery"]
amounts = torch.linspace(-4, 4, 3)
moved = latents[8] + amounts[None, :, None] * directions[:, None, :]
moved = draw(moved.flatten(0, 1))
labels = [f"{name} {amount:+.1f}" for name in NAMES for amount in amounts]
show_grid(to_bytes(moved), ncols=3, labels=labels, title="A direction in z for each attribute")
slopes = (pixels(moved) @ probe).view(3, 3, 3)[:, [0, -1]].diff(dim=1).squeeze(1)
print("each direction raises its own attribute:", (slopes.diagonal() > 0).tolist())

# %% [markdown]
# **Reading the figure.** Each row moves the named attribute most, and drags others along: the probe is linear,
# the generator is not. Nothing here was in the loss; the generator had to lay faces out *somehow*, and smoothly
# is cheapest. Remember this smoothness: it is what breaks the "cipher".

# %% [markdown]
# ## 5. Is noise → face encryption?
# Encryption needs a message, a key, and a way back: $\text{Dec}_k(\text{Enc}_k(m)) = m$. The report's method, as a
# function, has no place for a message:


# %%
def published_encrypt(plain, key, rng):
    """Seed 003, page by page: noise goes in, a face comes out. ``plain`` is not used."""
    return to_bytes(key(torch.randn(len(plain), 100, generator=rng)))


with torch.no_grad():
    pairs = faces.images[:4].split(2)
    first, second = (published_encrypt(pair, generator, course.generator(1)) for pair in pairs)
print("two different plaintexts, the same ciphertext:", torch.equal(first, second))

# %% [markdown]
# No decryption network can undo that, and one can *measure* it. We fit the best linear decoder from ciphertext
# to plaintext on one half of the pairs and test it on the other: which share of the plaintext's variance does it
# explain? **Positive control:** the same decoder on a cipher that does carry the picture, one secret
# permutation of all pixels of the 16×16 picture.


# %%
def explained(cipher, plain):
    """Share of the variance of unseen plaintexts that the decoder explains, and its guesses."""
    half = len(cipher) // 2
    seen, unseen, mean = plain[:half], plain[half:], plain[:half].mean(0)
    guess = cipher[half:] @ ridge(cipher[:half], seen - mean, weight=100.0) + mean
    return 1 - ((guess - unseen).square().sum() / (unseen - mean).square().sum()).item(), guess


plain = avg_pool2d(real[:pool], 4).flatten(1)
shuffled = plain[:, torch.randperm(plain.shape[1], generator=course.generator(2))]
carried, guesses = explained(
    pixels(fakes[torch.randperm(pool, generator=course.generator(3))]), plain
)
control, readings = explained(shuffled, plain)
print("explained by seed 003's faces:", "nothing" if carried <= 0.05 else carried)
print("explained by the control:      ", "most of it" if control > 0.5 else control)
assert carried <= 0.05 and control > 0.5

half = pool // 2
rows = torch.cat([plain[half : half + 6], guesses[:6], readings[:6]]).view(-1, 3, 16, 16)
show_grid(
    to_bytes(rows),
    ncols=6,
    title="Plaintext; decoded from seed 003's face; decoded from the control",
)

# %% [markdown]
# **Reading the figure.** Top: six plaintexts. Middle: from the published faces the decoder makes up something
# near the average face, with nothing of the plaintext in it. Bottom: from permuted pixels it reads the pictures
# back. The decoder works; there was nothing to decode.

# %% [markdown]
# ### Exercise 02.5 · How much fits in a latent
# Difficulty ●○○ · 5 minutes · in: `step` (resolution), `n` · out: bits
#
# Suppose we repair the method: let the *plaintext choose* $z$. How many bits fit? A standard normal number has
# $\tfrac12 \log_2(2 \pi e)$ bits at resolution 1; rounding it to multiples of `step` adds $-\log_2(\text{step})$.
# <details><summary>Hint: what is e?</summary>Euler's number, `math.e` = 2.71828…; `torch.e` exists too.</details>
# <details><summary>Hint: the sign is wrong for small steps</summary>A finer step holds *more*: subtract log₂(step), for each number.</details>


# %%
def latent_bits(step, n):
    """Bits in ``n`` standard normal numbers, each rounded to a multiple of ``step``."""
    ### BEGIN SOLUTION
    two_pi_e = torch.tensor(2 * torch.pi * torch.e)
    return n * (0.5 * torch.log2(two_pi_e).item() - torch.log2(torch.tensor(float(step))).item())
    ### END SOLUTION


# %%
latent_bits = check("02.5", latent_bits)

# %% [markdown]
# A 64×64 colour picture has 98,304 bits. Even with every bit of a float32 the latent holds a fortieth of it:
# by the pigeonhole principle almost every picture would share its latent with others, and could not come back.

# %%
whole = 64 * 64 * 3 * 8
for step, meaning in (
    (2.0**-23, "all bits of float32"),
    (0.5, "about what the attack below can tell apart"),
):
    bits = latent_bits(step, 100)
    print(f"{bits:6.0f} bits, 1/{whole / bits:.0f} of a picture: {meaning}")

# %% [markdown]
# ## Break it
# So let $z$ be the secret: a key, or a short message. We hide 96 bits in the **signs** of $z$, with half-normal
# sizes. Random-looking signs leave $z$ exactly standard normal, so the face looks like any other. This is the
# honest core of the idea: *hiding* a message in a picture of nobody. The attacker gets the published byte
# picture and the generator, and looks for the latent that draws it:
#
# $$\hat z = \arg\min_z \|G(z) - x\|^2$$

# %% [markdown]
# ### Exercise 02.6 · Invert a latent
# Difficulty ●●● · 15 minutes · in: generator, `target` `(N, C, H, W)` in [−1, 1], `start` `(N, D)`, `steps`, `rate` · out: `(N, D)`
#
# Gradient descent on the *input*: Adam on the latent, the mean squared difference as loss. Return the latent
# detached; leave the generator's weights and `start` alone.
# <details><summary>Hint: the latent does not move</summary>The optimiser must hold the very tensor you feed to the generator: a leaf that requires a gradient.</details>
# <details><summary>Hint: the generator changes</summary>Give the optimiser `[latent]`, not `generator.parameters()`.</details>


# %%
def invert(generator, target, start, steps, rate):
    """The latent (N, D) whose picture is nearest to ``target``, searched from ``start``."""
    ### BEGIN SOLUTION
    latent = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([latent], lr=rate)
    for _ in range(steps):
        error = (generator(latent) - target).square().mean()
        (latent.grad,) = torch.autograd.grad(error, latent)
        optimizer.step()
    return latent.detach()
    ### END SOLUTION


# %%
invert = check("02.6", invert)

# %% [markdown]
# Publish three faces (three seeds) that carry the same message; the fourth target is a **negative control**, a
# real face that no latent ever drew.

# %%
message = b"NOON"
bits = torch.tensor([int(b) for byte in message for b in f"{byte:08b}"])
signs = torch.cat([2.0 * bits.repeat(3) - 1, torch.ones(4)])  # three copies, four left over
secret = torch.stack(
    [signs * torch.randn(100, generator=course.generator(60 + s)).abs() for s in seeds]
)
published = torch.cat([to_bytes(draw(secret)), faces.images[30:31]])
target = to_network(published)


# %% [markdown]
# Adam finds the face quickly, and then crawls: some directions of $z$ change the picture far less than
# others. L-BFGS learns these curvatures on the way and finishes the job.


# %%
def attack(generator, target):
    """Adam from z = 0, then L-BFGS from where Adam stopped."""
    latent = invert(generator, target, torch.zeros(len(target), 100), attack_steps[0], rate=0.2)
    latent.requires_grad_()
    optimizer = torch.optim.LBFGS(
        [latent], max_iter=attack_steps[1], history_size=50, line_search_fn="strong_wolfe"
    )

    def closure():
        error = 1000 * (generator(latent) - target).square().mean(dim=(1, 2, 3)).sum()
        (latent.grad,) = torch.autograd.grad(error, latent)
        return error

    optimizer.step(closure)
    return latent.detach()


found = attack(generator, target)
stranger = attack(initialise(DCGANGenerator(), 9), target[:1])

# %% [markdown]
# A second negative control ran along: the same attack with *another* generator (fresh weights).


# %%
def judge(latent):
    """PSNR of each redrawn picture, and what to print beside it."""
    error = (to_bytes(draw(latent)).float() - published[: len(latent)].float()).square()
    psnr = 10 * torch.log10(255**2 / error.mean(dim=(1, 2, 3)))
    rows = [{"PSNR": f"{value:.1f} dB"} for value in psnr]
    for row, mine, truth in zip(rows, latent, secret, strict=False):
        row["cosine"] = f"{torch.cosine_similarity(mine, truth, dim=0):.3f}"
        row["signs right"] = f"{(mine.sign() == truth.sign()).sum().item()} of 100"
    return psnr, rows


psnr, verdicts = judge(found)
again = to_bytes(draw(found))
show_panels(
    published[1:], again[1:], verdict=verdicts[1:], names=("published", "redrawn"),
    title="Fakes give up their latents; the real face does not",
)  # fmt: skip

# %% [markdown]
# **Reading the figure.** Two of the three fakes, and the real face. The redrawn fake is the published one, and
# the signs of $z$, which nobody sent, are read from the picture. For the real face the search ends at *some*
# similar face: the generator cannot draw this one. The attack needs no training: the smoothness that lets a
# generator learn also lets an attacker walk downhill.

# %% tags=["nbval-ignore-output"]
cosine = torch.cosine_similarity(found[:3], secret, dim=1)
accuracy = (found[:3].sign() == secret.sign()).float().mean(1)
wrong = (stranger.sign() == secret[:1].sign()).float().mean()
votes = found[:3].sum(0)[:96].view(3, 32).sum(0)  # nine votes for each bit, the sure ones louder
read = (votes > 0).int().view(4, 8) @ (2 ** torch.arange(7, -1, -1)).int()
print(f"cosine {cosine.min():.3f} or more, signs right {accuracy.min():.0%} or more")
print(f"with another generator: {wrong:.0%} (guessing: 50 %)")
print("message read from the three faces:", bytes(read.tolist()))

floor_psnr, floor_signs = course.pick(smoke=(20, 0.55), laptop=(30, 0.8), gpu=(30, 0.8))
assert psnr[:3].min() > floor_psnr and accuracy.min() > floor_signs, "positive control"
assert psnr[3] < psnr[:3].min() and abs(wrong - 0.5) < 0.15, "negative controls"

# %% [markdown]
# **What is it good for, then?** As a **decoy**: a seed names a face of nobody, for placeholders and tests. As
# **hiding**: some bytes a face, for a receiver who runs the same inversion. Look at the figure again: the three
# faces are siblings, because they carry the same signs. So it is not secrecy: encrypt *first*. AES-GCM adds a
# 12-byte nonce and a 16-byte tag; at 32 bits a face that takes eight faces.

# %%
key, nonce = AESGCM.generate_key(128), bytes(12)  # fresh key, one message: any nonce will do
sealed = nonce + AESGCM(key).encrypt(nonce, message, None)
opened = AESGCM(key).decrypt(sealed[:12], sealed[12:], None)
number = len(sealed) * 8 // 32
print(f"{len(message)} bytes sealed: {len(sealed)} bytes, {number} faces; opened: {opened}")

# %% [markdown]
# ## Results
# Measured here, printed in the report, and what is possible. "2809 epochs" cannot be compared with anything:
# the report gives neither batch size nor number of pictures. If an epoch is CelebA's training part (162,770
# pictures), that is 457 million pictures; if it is one batch of 32, it is 0.55 of an epoch. No FID, no PSNR, no key size
# is printed, and the report itself says "the results are not that much good". The last lines come from the
# manifest entry of the shipped weights; lesson 04 explains FID-lite.

# %%
rows = [
    ("generator parameters", "3,750,275", "3,750,275", "3,750,275"),
    ("discriminator parameters", "404,801", "404,801", "404,801"),
    ("plaintext bits carried", "0", "none given", "0: no input"),
    ("way back to the plaintext", "none", "claimed", "none"),
    ("latent recovered from a face", "yes", "not considered", "with the weights"),
    ("figure of merit (FID, PSNR)", "see below", "none given", ""),
    ("AES-GCM: plaintext back, exactly", "yes" if opened == message else "no", "", "yes"),
]
show_table(rows, columns=("seed 003", "measured", "published", "possible"))
made, facts = weights.entry("faces_dcgan"), weights.entry("faces_dcgan")["metrics"]
print(f"shipped: {facts['steps']:,} steps of {facts['batch']} pictures, {made['bytes']:,} bytes")
print(f"int8 against float32: {facts['int8_psnr']} dB; FID-lite: {facts['fid_lite']}")

# %% [markdown]
# ## Explore
# Twelve faces of nobody; move one along a direction, or shrink its latent and watch it become the average.


# %%
def render(face=8, direction="skin_tone", amount=0.0, length=1.0):
    """One face, moved along a named direction, its latent made shorter or longer."""
    along = directions[NAMES.index(direction)]
    picture = to_bytes(draw((length * latents[face] + amount * along)[None]))
    return grid_figure(picture, size=2.6, title=f"face {face}: {direction} {amount:+.1f}")


explore(render, face=(0, 11), direction=list(NAMES), amount=(-5.0, 5.0), length=(0.0, 2.0))

# %% [markdown]
# ## Recap
# You rebuilt seed 003's networks (02.1, 02.2), repaired a training step (02.3), walked on the shell (02.4),
# counted bits (02.5) and inverted a latent (02.6).
#
# | mistake | symptom |
# |---|---|
# | fakes not detached in the discriminator's turn | runs, `retain_graph` in the code, the first gradients cancel |
# | sigmoid in the network *and* in the loss | D's loss never falls below 0.69 |
# | lerp between latents | the middle of every film is pale and average |

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. Why can the counts 3,750,275 and 404,801 rule out batch normalisation?
#    <details><summary>Answer</summary>Each normalised channel would add a scale and a shift.</details>
# 2. A colleague trains a decoder from seed 003's faces back to the plaintexts. What will it learn?
#    <details><summary>Answer</summary>The average plaintext: faces and plaintexts are independent.</details>
# 3. Why is a latent of zeros a bad stop on a walk, but a good start for an inversion?
#    <details><summary>Answer</summary>No training latent is there, and it is equally far from all: the average face.</details>
# 4. The inverted latent has PSNR 45 dB and one wrong sign. Where?
#    <details><summary>Answer</summary>At a number near 0: crossing it changes the picture least.</details>
# 5. Would secret weights make the generator a cipher?
#    <details><summary>Answer</summary>No: still no plaintext goes in. Only the decoy is harder to copy.</details>

# %% [markdown]
# ## References
# - Seed 003: Raj Kumar, *Meaningful Encryption of the Real Images*, M.Tech. report, IIT Jodhpur, 2023.
# - A. Radford, L. Metz, S. Chintala, *Unsupervised Representation Learning with Deep Convolutional GANs*, ICLR 2016.
# - I. Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014.
# - L. Mescheder, A. Geiger, S. Nowozin, *Which Training Methods for GANs do actually Converge?*, ICML 2018 (R1).
# - T. White, *Sampling Generative Networks*, 2016 (slerp); Z. Lipton, S. Tripathi, *Precise Recovery of Latent
#   Vectors from GANs*, 2017.
# - X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010.
