# %% [markdown]
# # 10 · DeepKeyGen
# A network of 7.8 million weights turns a secret picture into a key picture, and the key picture hides an X-ray. You build it, find the lungs in what it sent, and make the picture out from sixteen messages, each under a *fresh* key.
#
# | minutes | needs | papers |
# |---|---|---|
# | 75 | lessons 05–07, 09 | [4] of seed 000 (arXiv 2012.11097, patent US12028451B2) |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **build** the residual block (10.1) of DeepKeyGen's generator and **count** what its discriminator sees (10.2);
# - **repair** the step from numbers to cipher image (10.3);
# - **predict** NPCR from a key histogram (10.4), and say what a published 99.56 % can mean;
# - **break** it: a reused key picture (10.5), and fresh but uneven ones (10.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** A listener on a hospital's line, with the software (weights included).
# - **What do they know?** In turn: one old picture and its cipher image under the same key (*nonce held*); or nothing but cipher images, each under a fresh key (*as used*).
# - **What counts as broken?** Another X-ray read, or the lungs seen.
# - **Not shown here:** retraining for each message, as the authors propose. Then the secret is the network, 30 MB that the receiver must have, too.

# %%
import hashlib
import hmac

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from gansec_lib import images, metrics, systems
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.images.convert import to_network
from gansec_lib.nets.resnet import PatchDiscriminator, ResnetGenerator
from gansec_lib.show import figures
from gansec_lib.show.figures import show, show_curves, show_grid, show_table
from gansec_lib.show.widgets import explore
from gansec_lib.survey.printed import printed
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.keygen.deepkeygen import DeepKeyGen
from gansec_lib.systems.keygen.image_keys import secret_pictures
from gansec_lib.systems.keygen.key_gan import fresh_weights
from gansec_lib.train import losses

# %% [markdown]
# Parameters: change them here, or from the command line.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("10", PROFILE, SEED)
KEY = bytes(range(32))
xrays = images.load("xrays", size=64, count=8, colour=False).images

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. A key picture has entropy 7.8 of 8 bits a byte. Is what it hides hidden?
# 2. $c = p \oplus K$. One pixel of $p$ changes, $K$ stays. How many per cent of $c$ change? The paper prints 99.56.
# 3. Each message has a fresh key picture, never used again. Is that a one-time pad?

# %% [markdown]
# ## 1. Layer by layer
# DeepKeyGen takes the *image-to-image* generator of style transfer: a picture of a **source domain** (X-rays) goes in, a picture of a **transformation domain** comes out; for keys that is noise. Inside: a 7 × 7 convolution to 64 channels, two of stride 2 to 256, six **residual blocks**, two transposed convolutions back, a 7 × 7 to the picture and tanh. The patent lists the layers; kernel and output of the last are our reading.
#
# A residual block learns only what to *change*:
#
# $$x \mapsto x + \mathrm{IN}\big(W_2\, \mathrm{ReLU}(\mathrm{IN}(W_1 x))\big)$$

# %% [markdown]
# ### Exercise 10.1 · A residual block
# Difficulty ●●○ · 10 minutes · in and out: float `(N, C, H, W)`
#
# Inside `self.body`, in this order: `ReflectionPad2d(1)`, `Conv2d` 3 × 3, `InstanceNorm2d`, `ReLU`, pad, conv, norm. No padding in the convolutions.
# <details><summary>Hint: the sizes do not fit</summary>A 3 × 3 convolution without padding takes one pixel off each side; the reflection gave it before.</details>
# <details><summary>Hint: close, but wrong</summary>No ReLU after the sum, none at the end of the body.</details>


# %%
class Residual(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), borders reflected."""

    def __init__(self, channels):
        super().__init__()
        ### BEGIN SOLUTION
        half = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3)]
        other = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3)]
        norms = [nn.InstanceNorm2d(channels) for _ in range(2)]
        self.body = nn.Sequential(*half, norms[0], nn.ReLU(), *other, norms[1])
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return x + self.body(x)
        ### END SOLUTION


# %%
Residual = check("10.1", Residual)

# %% [markdown]
# The whole generator around your block, at the paper's size and at one that a laptop trains:


# %%
def with_norm(layer, channels):
    return [layer, nn.InstanceNorm2d(channels), nn.ReLU()]


def generator(channels=3, f=64, blocks=6):
    """c7s1-f, d2f, d4f, residual blocks, u2f, uf, c7s1, tanh."""
    layers = [nn.ReflectionPad2d(3), *with_norm(nn.Conv2d(channels, f, 7), f)]
    for wide in (f, 2 * f):
        layers += with_norm(nn.Conv2d(wide, 2 * wide, 3, 2, 1), 2 * wide)
    layers += [Residual(4 * f) for _ in range(blocks)]
    for wide in (4 * f, 2 * f):
        up = nn.ConvTranspose2d(wide, wide // 2, 3, 2, 1, output_padding=1)
        layers += with_norm(up, wide // 2)
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(f, channels, 7), nn.Tanh())


for name, network in (("paper", generator()), ("compact", generator(1, 16, 3))):
    print(f"{name:8} {sum(p.numel() for p in network.parameters()):,} parameters")
assert sum(p.numel() for p in generator().parameters()) == 7_837_699

# %% [markdown]
# It is the library's, number for number, if it gets the library's weights:

# %%
mine, library = generator(1, 16, 3), ResnetGenerator(1, 16, 3)
mine.load_state_dict(library.state_dict())
sample = torch.rand(2, 1, 32, 48, generator=course.generator(1))
with torch.no_grad():
    assert torch.allclose(mine(sample), library(sample), atol=1e-5)
print("sizes that 4 divides come back the same:", tuple(mine(sample).shape))

# %% [markdown]
# The **patch discriminator** does not judge the picture. Each of its outputs sees a patch only: it judges *texture*. How large is a patch? Go backwards from one output: a layer with kernel $k$ and stride $s$ turns a field of $r$ pixels into
#
# $$r \leftarrow (r - 1)\, s + k .$$

# %% [markdown]
# ### Exercise 10.2 · What one output sees
# Difficulty ●○○ · 5 minutes · in: list of `(kernel, stride)`, first layer first · out: int
#
# <details><summary>Hint: where to begin</summary>With r = 1 at the output, and the *last* layer.</details>
# <details><summary>Hint: 64 instead of 70?</summary>You went forwards: reversed(layers).</details>


# %%
def field(layers):
    """Side of the patch that one output sees, pixels."""
    ### BEGIN SOLUTION
    side = 1
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return side
    ### END SOLUTION


# %%
field = check("10.2", field)

# %% [markdown]
# Ours: five layers of 4 × 4. The paper is silent here; 70 × 70 is the usual choice.

# %%
discriminator = PatchDiscriminator(1, 16)
convolutions = [layer for layer in discriminator if isinstance(layer, nn.Conv2d)]
found = [(layer.kernel_size[0], layer.stride[0]) for layer in convolutions]
print("patch:", field(found), "pixels; one logit each:", tuple(discriminator(sample).shape))
assert field(found) == 70

# %% [markdown]
# ## 2. From X-rays to noise
# The game is lesson 01's, with a picture as the latent. Real is uniform noise, fake is $G(\text{X-ray})$:
#
# $$L_D = -\mathbb E \log D(u) - \mathbb E \log(1 - D(G(x))), \qquad L_G = -\mathbb E \log D(G(x))$$
#
# No cycle: nobody has to get the X-ray back.

# %%
steps = course.pick(smoke=2, laptop=60, gpu=400)
pool = course.pick(smoke=16, laptop=64, gpu=512)
source = to_network(images.load("xrays", size=64, count=pool, colour=False).images)
network = fresh_weights(generator(1, 16, 3), SEED).train()
judge = fresh_weights(discriminator, SEED + 1).train()
optimisers = [torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (judge, network)]
rng, history = course.generator(2), {"discriminator": [], "generator": []}
for _ in range(steps):
    noise = 2 * torch.rand(8, 1, 64, 64, generator=rng) - 1
    fake = network(source[torch.randint(pool, (8,), generator=rng)])
    values = losses.bce_discriminator(judge(noise), judge(fake.detach()))
    optimisers[0].zero_grad()
    values.backward()
    optimisers[0].step()
    fooling = losses.bce_generator(judge(fake))
    optimisers[1].zero_grad()
    fooling.backward()
    optimisers[1].step()
    for name, value in (("discriminator", values), ("generator", fooling)):
        history[name].append(value.item())
show_curves(history, title="A few steps of the game", ylabel="loss")

# %% [markdown]
# **Reading the figure.** So early nobody wins: the losses stay near $2 \ln 2$ and $\ln 2$, where the discriminator guesses. What comes out, beside the shipped generators (400 steps, three seeds) and an untrained one, for one X-ray:


# %%
def shown(net):
    """What a generator makes of the first X-ray, as bytes."""
    with torch.no_grad():
        return ((net(source[:1]) + 1) * 128).floor().clamp(0, 255).to(torch.uint8)


shipped = [systems.get("keygan_xray_to_noise", seed=seed).generator for seed in range(3)]
untrained = systems.get("keygan_xray_to_noise", trained=False).generator
made = [shown(net) for net in (untrained, network.eval(), *shipped)]
uniform = torch.randint(256, (1, 1, 64, 64), generator=rng).to(torch.uint8)
labels = ["X-ray", "untrained", "your steps", "seed 0", "seed 1", "seed 2", "target"]
show_grid(torch.cat([xrays[:1], *made, uniform]), ncols=7, labels=labels, title="Almost noise")

# %% [markdown]
# **Reading the figure.** The shipped generators have the grain of noise, on a grid of four pixels (the strides), and the X-ray shows through: a convolution can only make noise *out of something*. To the eye they do pass.

# %% [markdown]
# ## 3. Key picture and cipher image
# The secret is the *input* picture. It follows from key and nonce (ours: 8 × 8 numbers, smoothly enlarged; a paper's secret X-ray would have to be sent). Then
#
# $$K = \lfloor 128\,(G(x) + 1) \rfloor, \qquad c = p \oplus K$$
#
# A colleague's version is wrong in **two** ways.


# %%
def hide_broken(plain, numbers):
    """Pictures ⊕ key pictures from numbers in [−1, 1]. Find the bugs."""
    key_pictures = (128 * (numbers + 1)).floor().long().remainder(256).to(torch.uint8)
    return plain ^ key_pictures[:1]


# %% [markdown]
# ### Exercise 10.3 · Find the bug
# Difficulty ●●○ · 8 minutes · in: plain uint8 `(N, C, H, W)`, numbers float64, the same shape · out: uint8
#
# Numbers of exactly 1 are *white*: key byte 255.
# <details><summary>Hint: try a single 1.0</summary>128 · 2 = 256, and a byte holds 255 at most: clamp, do not wrap.</details>
# <details><summary>Hint: a batch of two</summary>Which key picture does the second one get?</details>


# %%
def hide(plain, numbers):
    """Pictures ⊕ key pictures from numbers in [−1, 1]."""
    ### BEGIN SOLUTION
    key_pictures = (128 * (numbers + 1)).floor().clamp(0, 255).to(torch.uint8)
    return plain ^ key_pictures
    ### END SOLUTION


# %%
hide = check("10.3", hide)

# %% [markdown]
# Lesson and library, from the same secret picture, with the exact arithmetic of lesson 09 (else the receiver may get another key):

# %% tags=["gallery"]
secret_picture = secret_pictures(KEY, 1, 128, 128)
scan = images.load("xrays", size=128, count=2, colour=False).images[1:]
numbers = exact.run(shipped[0], secret_picture)
cipher = hide(scan, numbers)
key_picture = cipher ^ scan
assert torch.equal(hide(cipher, numbers), scan)

system = DeepKeyGen()
sent = system.encrypt(xrays, KEY, nonce=bytes(16))
assert torch.equal(system.decrypt(sent, KEY), xrays)
four = [((secret_picture + 1) * 127).to(torch.uint8), key_picture, scan, cipher]
show_grid(
    torch.cat(four),
    ncols=4,
    labels=["secret x", "key K", "plain p", "cipher c"],
    size=1.65,
    title="Look closely at the cipher image",
)

# %% [markdown]
# **Reading the figure.** Step back from the screen: lungs, spine and shoulders are there. Their histograms do not look alarming:

# %%
figures.show_histograms(
    torch.cat([key_picture, cipher]),
    labels=["key K", "cipher c"],
    title="The key has a hump, the cipher image hardly",
)
key_entropy, cipher_entropy = metrics.entropy_values(torch.cat([key_picture, cipher])).tolist()
print(f"entropy: key {key_entropy:.1f}, cipher {cipher_entropy:.1f} bits of 8")
assert 7.5 < key_entropy < 7.95

# %% [markdown]
# First prediction. The key prefers some values, by 0.2 bits a byte. That seems little; but every place has that preference, and an eye averages over many places. Let us do what the eye does: correlate the means of 8 × 8 blocks.


# %%
def leak(plain, cipher_images):
    """Correlation of block means, plain with cipher, absolute; mean over the pictures."""
    blocks = [avg_pool2d(x.double(), 8).flatten(1).numpy() for x in (plain, cipher_images)]
    return float(np.mean([abs(np.corrcoef(a, b)[0, 1]) for a, b in zip(*blocks, strict=True)]))


print(f"leak of your cipher image above 0.5: {leak(scan, cipher) > 0.5}")
noise = torch.randint(256, scan.shape, generator=rng).to(torch.uint8)
print(f"of ⊕ with real noise below 0.25: {leak(scan, scan ^ noise) < 0.25}")

# %% [markdown]
# Is it training, luck, or the extraction? All of them, three seeds each, with `modular` bytes (lesson 09) beside:

# %%
table = []
for trained in (True, False):
    for how in ("raw", "modular"):
        found = []
        for seed in range(3):
            other = DeepKeyGen(extraction=how, trained=trained, seed=seed)
            found.append(other.encrypt(xrays, KEY, nonce=bytes(16)).as_images())
        leaks = [leak(xrays, one) for one in found]
        chi = [metrics.chi_square(one, 0.001).verdict == "pass" for one in found]
        row = {"generator": "trained" if trained else "untrained", "bytes": how}
        row |= {f"leak, seed {seed}": f"{leaks[seed]:.2f}" for seed in range(3)}
        table.append(row | {"χ² passes": f"{sum(chi)} of 3"})
        assert how == "raw" or (max(leaks) < 0.2 and all(chi))
show_table(table)

# %% [markdown]
# **Reading the table.** Raw bytes leak with every trained seed, and the untrained ones are a lottery: worse entropy, now more to see, now less. With modular bytes trained and untrained are equally clean. As in lesson 09, it is not training that hides the lungs.

# %% [markdown]
# ## 4. The avalanche that cannot be
# ⊕ works byte by byte. One pixel of $n$ changes, one byte of $c$ changes: NPCR is $100/n$ per cent.

# %%
flipped = xrays.clone()
flipped[:, 0, 20, 30] ^= 1
again = system.encrypt(flipped, KEY, nonce=bytes(16)).as_images()
held = metrics.npcr_values(sent.as_images(), again).mean().item()
print(f"nonce held: NPCR {held:.4f} %, and 100 / n = {100 / 64**2:.4f} %")
assert abs(held - 100 / 64**2) < 1e-9
related = DeepKeyGen(plaintext_related=True)
pair = [related.encrypt(x, KEY, nonce=bytes(16)).as_images() for x in (xrays, flipped)]
print(f"a hash of the picture in the key: {metrics.npcr_values(*pair).mean().item():.2f} %")

# %% [markdown]
# Second prediction. So how does a paper come to 99.56? If the *key picture* changes, too (retrained, a fresh secret picture, a hash), then two unrelated bytes are compared. Two draws from a histogram $q$ are equal with probability $\sum_v q_v^2$:
#
# $$\mathrm{NPCR} = 100\,\Big(1 - \sum_v q_v^2\Big)$$

# %% [markdown]
# ### Exercise 10.4 · NPCR of two fresh keys
# Difficulty ●○○ · 5 minutes · in: counts `(256,)` of key bytes, integers · out: float, per cent
#
# <details><summary>Hint: a huge negative number</summary>Counts are not shares: divide by their sum first.</details>
# <details><summary>Hint: check</summary>Equal counts must give 99.609375.</details>


# %%
def npcr_of_fresh_keys(counts):
    """Expected NPCR of two cipher images of one picture under unrelated keys, per cent."""
    ### BEGIN SOLUTION
    share = counts.double() / counts.sum()
    return 100 * (1 - share.square().sum().item())
    ### END SOLUTION


# %%
npcr_of_fresh_keys = check("10.4", npcr_of_fresh_keys)

# %% [markdown]
# Predicted from key bytes, and measured with fresh nonces; UACI measured, too:

# %%
rows = []
for name, system_of in (("raw", DeepKeyGen()), ("modular", DeepKeyGen(extraction="modular"))):
    one, two = (
        system_of.encrypt(xrays, KEY, nonce=bytes(15) + b).as_images() for b in (b"1", b"2")
    )
    counts = torch.bincount((one ^ xrays).flatten().long(), minlength=256)
    predicted, npcr = npcr_of_fresh_keys(counts), metrics.npcr_values(one, two).mean().item()
    uaci = metrics.uaci_values(one, two).mean().item()
    rows.append({"key bytes": name, "NPCR predicted": predicted, "NPCR": npcr, "UACI": uaci})
    assert abs(predicted - npcr) < 0.25
claims = {name: printed("deepkeygen", f"{name.lower()}_nonce_held") for name in ("NPCR", "UACI")}
rows += [{"key bytes": "published [4]"} | claims]
rows += [
    {"key bytes": "ideal", "NPCR predicted": npcr_of_fresh_keys(torch.ones(256)), "UACI": 33.46}
]
columns = ("NPCR predicted", "NPCR", "UACI")
rows = [{k: f"{v:.2f}" if k in columns else v for k, v in row.items()} for row in rows]
show_table([dict.fromkeys(("key bytes", *columns), "") | row for row in rows])
assert float(rows[0]["NPCR"]) < 99.6 and float(rows[0]["UACI"]) < 33

# %% [markdown]
# **Reading the table.** The published NPCR is a little below the ideal, UACI far below. That is the mark of an uneven key picture: ours (raw) does both. So the published 99.56 fits a change of *key*; with the key held no ⊕ reaches it.

# %% [markdown]
# ## Break it
# **Nonce held.** The software uses one key picture for the whole night shift. A patient who has her own X-ray listens.

# %% [markdown]
# ### Exercise 10.5 · One picture opens all
# Difficulty ●○○ · 5 minutes · in: `own` and `own_cipher` uint8 `(1, C, H, W)`, `others` cipher images `(N, C, H, W)` · out: uint8 `(N, C, H, W)`
#
# <details><summary>Hint: what is own ⊕ own_cipher?</summary>p ⊕ (p ⊕ K) = K.</details>
# <details><summary>Hint: uint8</summary>The operator is ^, not − and not a mean.</details>


# %%
def open_all(own, own_cipher, others):
    """All pictures under the key picture of one known pair."""
    ### BEGIN SOLUTION
    return others ^ own ^ own_cipher
    ### END SOLUTION


# %%
open_all = check("10.5", open_all)

# %% [markdown]
# She knows picture 0. (An attacker who may *choose* one asks for black, and gets $K$ itself: one query.)

# %%
careless = DeepKeyGen(use_nonce=False)
night = torch.cat([careless.encrypt(x[None], KEY).as_images() for x in xrays])
opened = open_all(xrays[:1], night[:1], night[1:])
print("nonce held, the other seven read bit for bit:", torch.equal(opened, xrays[1:]))
black = careless.encrypt(torch.zeros_like(xrays[:1]), KEY).as_images()
print("with one chosen picture, all eight:", torch.equal(night ^ black, xrays))
fresh = torch.cat([system.encrypt(x[None], KEY).as_images() for x in xrays])
right = (open_all(xrays[:1], fresh[:1], fresh[1:]) == xrays[1:]).double().mean().item()
print("as used, fresh nonces: share of bytes read below 2 %:", right < 0.02)
show_grid(
    torch.cat([night[1:5], opened[:4]]), ncols=4, labels=["sent"] * 4 + ["read"] * 4, size=1.2,
    title="A two-time pad",
)  # fmt: skip

# %% [markdown]
# **As used.** So a fresh key picture each time, never used again: "a one-time pad", says the paper. A one-time pad needs one thing more: *all* keys equally likely. These are not, and the attacker knows how: she has the software, makes key pictures from keys of her own, and counts. The strides leave 4 × 4 kinds of places, each with its histogram $q_s(v)$.
#
# The same picture is sent a few times (a file re-sent, a still video). At each place she takes the value that explains all cipher bytes best:
#
# $$\hat p = \arg\max_p \sum_{i} \log q_s(c_i \oplus p)$$

# %% [markdown]
# ### Exercise 10.6 · The likeliest pixel
# Difficulty ●●● · 12 minutes · in: `ciphers` uint8 `(M, n)`, `log_q` float `(n, 256)`, one row a place · out: uint8 `(n,)`
#
# <details><summary>Hint: all 256 guesses at once</summary>guesses = torch.arange(256); key = c.long()[:, None] ^ guesses has shape (n, 256).</details>
# <details><summary>Hint: look up</summary>log_q.gather(1, key), add up over the M messages, argmax(1).</details>


# %%
def likeliest(ciphers, log_q):
    """The picture that makes the keys most likely, from several cipher images of it."""
    ### BEGIN SOLUTION
    guesses, score = torch.arange(256), torch.zeros_like(log_q)
    for c in ciphers:
        score += log_q.gather(1, c.long()[:, None] ^ guesses)
    return score.argmax(1).to(torch.uint8)
    ### END SOLUTION


# %%
likeliest = check("10.6", likeliest)

# %% [markdown]
# First her statistics: a hundred key pictures under a key of her own (black pictures, encrypted).

# %%
places = (torch.arange(64)[:, None] % 4 * 4 + torch.arange(64) % 4).flatten()


count = course.pick(smoke=24, laptop=128, gpu=128)


def habits(deepkeygen):
    """log q of each place, (4096, 256), from the attacker's own key pictures."""
    own = torch.zeros(count, 1, 64, 64, dtype=torch.uint8)
    keys = deepkeygen.encrypt(own, b"the attacker's own key, 32 bytes", nonce=bytes(16))
    keys = keys.as_images().reshape(count, -1).long()
    counts = torch.stack(
        [torch.bincount(keys[:, places == s].flatten(), minlength=256) for s in range(16)]
    )
    return ((counts + 1.0) / (counts + 1.0).sum(1, keepdim=True)).log()[places]


log_q = habits(system)
figure, ax = plt.subplots(figsize=(6.8, 2.2))
for place in (0, 1, 5):
    ax.plot(log_q[place if place < 4 else 64 + place].exp(), lw=0.8, label=f"place {place}")
ax.axhline(1 / 256, ls="--", color="#555555", lw=1)
ax.set(xlabel="key byte", ylabel="share", title="Key bytes have habits, place by place")
ax.legend()
show(figure)

# %% [markdown]
# Now she listens: 1, 4, 16, 64 messages of one X-ray, a fresh key picture each. Below, the same against modular bytes.

# %% tags=["gallery"]
victim, MESSAGES = xrays[1:2], (1, 4, 16, 64)
results = {}
for how in ("raw", "modular"):
    sender = DeepKeyGen(extraction=how)
    stream = sender.encrypt(
        victim.expand(64, -1, -1, -1), KEY, nonce=b"night shift no 1"
    ).as_images()
    known_habits = habits(sender)
    results[how] = [likeliest(stream.reshape(64, -1)[:m], known_habits) for m in MESSAGES]
read = torch.stack([*results["raw"], *results["modular"]]).reshape(8, 1, 64, 64)
labels = [f"{how}, {m} message{'s' * (m > 1)}" for how in results for m in MESSAGES]
show_grid(
    read, ncols=4, labels=labels, size=1.5, title="Fresh keys, read without any known picture"
)


# %% [markdown]
# **Reading the figure.** One message hints at the lungs, four show them, sixteen are an X-ray, sixty-four show ribs and the letter at the shoulder. *No key was used twice.* Third prediction: fresh is not enough, a pad must be uniform. Modular bytes give nothing. In figures, three seeds:


# %%
def close(deepkeygen, m=16):
    """Share of pixels within 16 grey levels, from m messages."""
    stream = deepkeygen.encrypt(victim.expand(m, -1, -1, -1), KEY, nonce=bytes(16)).as_images()
    guess = likeliest(stream.reshape(m, -1), habits(deepkeygen))
    return ((guess.int() - victim.flatten().int()).abs() <= 16).double().mean().item()


shares = {
    how: [close(DeepKeyGen(extraction=how, seed=seed)) for seed in range(3)]
    for how in ("raw", "modular")
}
guessing = 33 / 256
print(f"raw: every seed reads more than 30 %: {min(shares['raw']) > 0.3}")
print(f"modular: every seed like guessing, {guessing:.2f}: {max(shares['modular']) < 0.16}")
assert min(shares["raw"]) > 0.3 and max(shares["modular"]) < 0.16

# %% [markdown]
# ### The repair
# Three parts: **modular** bytes, a **fresh nonce** (the library's default), and a tag, because ⊕ lets anyone flip bits of the picture. Encrypt, then authenticate all that is sent, header included:


# %%
def seal(ciphertext, key):
    """The file's bytes, and a tag of 32 bytes over them."""
    sent_bytes = ciphertext.to_bytes()
    label = hashlib.sha256(b"tag" + key).digest()  # another key for another purpose
    return sent_bytes + hmac.digest(label, sent_bytes, "sha256")


def tag_is_right(sealed, key):
    label = hashlib.sha256(b"tag" + key).digest()
    return hmac.compare_digest(sealed[-32:], hmac.digest(label, sealed[:-32], "sha256"))


sealed = seal(DeepKeyGen(extraction="modular").encrypt(victim, KEY), KEY)
forged = bytearray(sealed)
forged[-40] ^= 128  # one pixel, half as bright
print("untouched:", tag_is_right(sealed, KEY), " one bit flipped:", tag_is_right(forged, KEY))

# %% [markdown]
# ## Results
# Published, measured on eight X-rays of 64 × 64 in this run, and what an ideal cipher of that size would reach (0.1 % level).

# %%
table = []
for name in ("entropy", *metrics.DIRECTIONS):
    title = name if name == "entropy" else f"correlation, {name}"
    row = {"figure": title, "published": str(printed("deepkeygen", title.replace(", ", "_")))}
    for how in ("raw", "modular"):
        made = DeepKeyGen(extraction=how).encrypt(xrays, KEY, nonce=bytes(16)).as_images()
        if name == "entropy":
            metric = metrics.entropy(made, 0.001)
        else:
            metric = metrics.adjacent_correlation(made, name, alpha=0.001)
        row[how] = f"{metric.value:.3f} ({metric.verdict})"
    table.append(row | {"possible": metric.interval})
row = {"figure": "NPCR, one pixel, nonce held", "published": str(claims["NPCR"])}
row |= {"raw": f"{held:.3f}", "modular": f"{held:.3f}", "possible": "100 / n, key held"}
table.append(row)
show_table(table)

# %% [markdown]
# **Reading the table.** The rows of raw keys show how far their correlations lie from chance, and how that compares with the published values; modular extraction brings them down to chance. No extraction gives an avalanche: that takes a key that follows from the picture, or a cipher around the key (lesson 11). And the secret has 32 bytes whatever the size of the network.

# %% [markdown]
# ## Play with it
# How many digits does the extractor have to keep before the lungs are gone? With one or two digits the last wheel does not even go round once.


# %%
def look(digits=2, number=0, trained=True):
    """Key picture and cipher image for ⌊|y| · 10^digits⌋ mod 256."""
    net = shipped[0] if trained else untrained
    secret = secret_pictures(bytes([number]) * 32, 1, 64, 64)
    values = exact.run(net, secret).abs() * 10**digits
    key_bytes = values.floor().long().remainder(256).to(torch.uint8)
    masked = victim ^ key_bytes
    words = f"{digits} digits: leak {leak(victim, masked):.2f}"
    return figures.grid_figure(
        torch.cat([key_bytes, masked]), ncols=2, labels=["key", "cipher"], size=2.4, title=words
    )


explore(look, digits=(1, 10), number=(0, 20), trained=True)

# %% [markdown]
# ## Recap
# - A residual generator (10.1) and a patch discriminator of 70 pixels (10.2) learn X-ray → noise.
# - Key bytes: clamp, and a key picture for each picture (10.3).
# - ⊕ has NPCR 100/n; a fresh key has $1 - \sum q^2$ (10.4), whatever the picture did.
# - Key used twice: all is read by one ⊕ (10.5). Fresh but uneven keys: read by counting (10.6).
# - Modular bytes, a nonce, a tag repair what can be repaired.
#
# **Typical mistakes**
# - *"Entropy 7.98, so it is safe"*: symptom: you can see the lungs.
# - *"Retrained, so a one-time pad"*: a pad is uniform, or it is none.
# - *NPCR between two keys printed as plaintext sensitivity*: the nonce must be held for that.

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. Why InstanceNorm and no BatchNorm in a generator of *keys*?
#    <details><summary>Answer</summary>With BatchNorm in training mode, a key would depend on the other pictures of the batch.</details>
# 2. The network gets twice as many weights. What does the two-time pad cost now?
#    <details><summary>Answer</summary>The same: one ⊕.</details>
# 3. Which of the two attacks does a fresh nonce stop?
#    <details><summary>Answer</summary>The two-time pad. Counting needs no repeated key, only uneven ones.</details>
# 4. Could one see the lungs if the key were uniform, but the same for four neighbours?
#    <details><summary>Answer</summary>Yes: the ⊕ of two neighbours would be that of their plain pixels, an edge picture.</details>
# 5. UACI 20.87 is published. What does it say about the key's histogram?
#    <details><summary>Answer</summary>It is far from flat: two cipher bytes lie closer together than chance (33.46) has it.</details>

# %% [markdown]
# Stuck? `hint("10.6")` shows one hint at a time, `reveal("10.6")` the reference.

# %%
hint("10.6")

# %% [markdown]
# ## References
# - [4] Ding, Tan, Qin, Cao, Choo, Qin, *DeepKeyGen: a deep learning-based stream cipher generator for medical image encryption and decryption*, IEEE TNNLS 33(9), 2022; patent US12028451B2.
# - Zhu, Park, Isola, Efros, *CycleGAN*, ICCV 2017: the generator. Isola et al., *Image-to-image translation*, CVPR 2017: the patches.
# - Shannon, *Communication theory of secrecy systems*, Bell System Technical Journal 28, 1949: what a one-time pad is.
# - Vernam's pad broken by uneven keys: AlFardan, Bernstein, Paterson et al., *On the security of RC4 in TLS*, USENIX Security 2013 (the same attack on RC4's habits).
