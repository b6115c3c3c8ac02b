# %% [markdown]
# # 00 · Start here
#
# **In half an hour you will have encrypted your first picture, seen what a wrong key does, and read
# two encrypted pictures without any key at all.**
#
# | minutes | you need | papers |
# |---|---|---|
# | 30 | Python, and curiosity | Shannon 1949; NIST FIPS 197 and SP 800-38D |
#
# Run a cell with **Shift + Enter**. Nothing here can break: *Kernel → Restart* brings everything back.

# %% [markdown]
# ## Objectives
# When you are done, you can
#
# - **solve** an exercise, with hints where you want them (00.1);
# - **encrypt** a picture with AES-GCM and **count** what is left of it (00.2);
# - **say** what a wrong key gives you, and why it matters (00.3);
# - **read** two pictures that were encrypted with the same keystream (00.4), and **find** the line
#   of code that made it possible (00.5).

# %% [markdown]
# ## Threat box
# | | |
# |---|---|
# | who attacks | Eve, who copies everything that is sent |
# | she knows | the method, every line of code, the size of the pictures, the nonces |
# | she lacks | the key |
# | she may | collect any number of encrypted pictures, and change them |
# | broken means | she learns anything about a picture, or changes one unnoticed |
#
# *Not shown here:* where keys come from, how they travel, who looks at the screen.

# %%
import hashlib
import secrets
import sys

import torch

from gansec_lib import images, systems
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress
from gansec_lib.errors import IntegrityError
from gansec_lib.show.figures import grid_figure, show_grid, show_histograms, show_panels, show_table
from gansec_lib.show.widgets import explore

# %% [markdown]
# Each lesson has a cell with its parameters. Change them here and run the lesson again, or set them
# from outside: `papermill -p SEED 7 …`. A **profile** changes numbers, never the code: `smoke` is
# a quick test, `laptop` is made for you, `gpu` is full size. `auto` picks one.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number: another seed, other random numbers
SIZE: int = 96  # side of the pictures in pixels

# %% [markdown]
# `start` checks these, seeds everything random, and says where you are. A typo is an error that tells
# you what you may have meant. Try `start("00", "laptpo", 0)`.

# %% tags=["nbval-ignore-output"]
course = start("00", PROFILE, SEED)

# %% [markdown]
# ## 1. Is everything here?
# Six photographs, one round trip through a real cipher, one gradient. If a line says *missing*, run
# `make setup` in a terminal, then `gansec doctor`.

# %%
photos = images.load("photos", size=SIZE, count=6, seed=SEED).images
aes = systems.get("aes_gcm")
key = secrets.token_bytes(32)
weight = torch.ones(3, requires_grad=True)
weight.square().sum().backward()
working = {
    "Python 3.11 or newer": sys.version_info >= (3, 11),
    "six photographs": len(photos) == 6,
    "AES-GCM opens what it sealed": torch.equal(aes.decrypt(aes.encrypt(photos, key), key), photos),
    "torch computes gradients": weight.grad.tolist() == [2, 2, 2],
}
show_table([{"check": name, "": "ok" if good else "missing"} for name, good in working.items()])

# %% [markdown]
# ## 2. Pictures are bytes
# In this course a batch of pictures is a tensor of bytes with four axes: **N** pictures, **C** channels
# (1 grey, 3 colour), **H** rows, **W** columns. A byte is a whole number from 0 (black) to 255 (white).

# %%
print(photos.dtype, tuple(photos.shape))
print("the first pixel, red green blue:", photos[0, :, 0, 0].tolist())
show_grid(photos, title="Six photographs", ncols=6)

# %% [markdown]
# ### How an exercise works
# You write a function; `check` tries it on pictures that are mean on purpose. Somebody wrote this one
# and forgot a word. Look at what `check` says.


# %% tags=["demo"]
def forgetful(images):
    """The negative, almost."""
    255 - images


forgetful = check("00.1", forgetful)

# %% [markdown]
# ### Exercise 00.1 · the negative
# Difficulty ●○○ · 3 minutes · in: uint8 `(N, C, H, W)` · out: uint8, the same shape
#
# Turn black into white, white into black, and everything between likewise. Delete the line with
# `raise` when you write yours.
#
# <details><summary>Hint: it says None</summary>The function computes, but does not <code>return</code>.</details>
# <details><summary>Hint: it says the dtype is wrong</summary>Stay with whole numbers: no division, no floats.</details>


# %%
def invert(images):
    """The negative of uint8 pictures (N, C, H, W)."""
    ### BEGIN SOLUTION
    return 255 - images
    ### END SOLUTION


# %%
invert = check("00.1", invert)

# %% [markdown]
# Whatever `check` said, the lesson goes on: where your function does not pass yet, it hands you one
# that does. Stuck? `hint("00.1")` helps a little, again a little more, and `reveal("00.1")` shows the answer.

# %%
hint("00.1")
show_grid(
    torch.cat([photos[:3], invert(photos[:3])]), title="Three photographs, three negatives", ncols=6
)

# %% [markdown]
# ## 3. Your first encrypted picture
# The world encrypts with **AES**; its GCM mode also **authenticates**. From a key $k$ and a number used once, the
# *nonce* $\nu$, it makes a keystream $s = \mathrm{AES}_k(\nu, 0, 1, 2, \dots)$, hides the plain picture $p$ in it,
# bit by bit with *exclusive or*, and adds a tag $t$ that nobody can make without the key:
#
# $$ c = p \oplus s, \qquad t = \mathrm{GHASH}_k(\nu, c). $$
#
# Before you run on: what will the encrypted picture look like?

# %% tags=["gallery"]
sealed = aes.encrypt(photos, key)
encrypted = sealed.as_images()
print(tuple(encrypted.shape), encrypted.dtype, "nonce:", len(sealed.nonce), "bytes")
verdict = "Nothing to see: every byte value is as likely as any other."
show_panels(
    photos[0],
    encrypted[0],
    names=("plain", "encrypted"),
    verdict=verdict,
    title="AES-GCM leaves noise",
)

# %% [markdown]
# **Reading the figure.** The second panel is all that Eve sees. The third is how far apart the two are: she
# shines through, because the *plain* picture went into that panel, too. Eve cannot draw it.

# %%
show_histograms(
    torch.stack([photos[0], encrypted[0]]),
    labels=["plain", "encrypted"],
    title="Encrypted: no byte value is special",
)

# %% [markdown]
# **Reading the figure.** On the left each colour has its own hills: dark suit, bright skin. On the right
# all three are flat but for chance. Count for yourself:
#
# ### Exercise 00.2 · count the bytes
# Difficulty ●●○ · 5 minutes · in: uint8 `(N, C, H, W)` · out: int64 `(256,)`
#
# How often does each byte value occur, in all pictures and channels together?
#
# <details><summary>Hint: where to begin</summary><code>torch.bincount</code> wants one long row of numbers.</details>
# <details><summary>Hint: the shape is (10,)</summary>Dark pictures have no bright bytes, and a count of 0 counts too: <code>minlength</code>.</details>


# %%
def count_bytes(images):
    """How often each byte value occurs, int64 (256,)."""
    ### BEGIN SOLUTION
    return torch.bincount(images.flatten().long(), minlength=256)
    ### END SOLUTION


# %%
count_bytes = check("00.2", count_bytes)

# %% [markdown]
# From the counts follows the **entropy**, Shannon's measure of surprise, in bits a byte:
#
# $$ H = -\sum_{v=0}^{255} q_v \log_2 q_v, \qquad q_v = \frac{\text{count of } v}{\text{all}}. $$
#
# 8 is the most a byte can have. It is necessary for a good cipher, and by far not sufficient: lesson 05.


# %%
def entropy(images):
    """Bits a byte, 0 to 8."""
    share = count_bytes(images).double() / images.numel()
    share = share[share > 0]
    return -(share * share.log2()).sum().item()


print(f"plain {entropy(photos):.2f}, encrypted {entropy(encrypted):.2f}, possible 8.00")
assert entropy(encrypted) > 7.99

# %% [markdown]
# ## 4. What a wrong key does
# **Predict first.** Flip one bit of 256 in the key, then decrypt. Do you get almost the picture, noise, or
# nothing at all? Say it aloud, then run. First AES-GCM:

# %%
wrong = bytes([key[0] ^ 1]) + key[1:]
try:
    opened = aes.decrypt(sealed, wrong)
except IntegrityError as error:
    print("refused:", type(error).__name__)

# %% [markdown]
# Now a cipher made of chaos, as most of the papers in this course build them: the logistic map
# $x \leftarrow r x (1 - x)$ shuffles the bytes and mixes them. It is called `logistic`; lesson 08 builds it.

# %%
logistic = systems.get("logistic")
chaotic = logistic.encrypt(photos[:2], key)
opened = logistic.decrypt(chaotic, wrong)
print("right key, right picture:", torch.equal(logistic.decrypt(chaotic, key), photos[:2]))
show_panels(
    photos[1],
    opened[1],
    names=("plain", "opened, wrong key"),
    verdict="Noise, and no word of warning.",
    title="One wrong bit of 256",
)

# %% [markdown]
# **Reading the figure.** One wrong bit ruins everything, and that is good. But the cipher did not *notice*. Had
# Eve changed a byte on the way, you would diagnose a changed X-ray and never know.
#
# ### Exercise 00.3 · a wrong key
# Difficulty ●○○ · 2 minutes · out: one word
#
# What does AES-GCM hand out for a wrong key: `"noise"`, `"nothing"`, or `"almost the picture"`?

# %%
answer = ...
### BEGIN SOLUTION
answer = "nothing"
### END SOLUTION

# %%
answer = check("00.3", answer)

# %% [markdown]
# Move the slider (in JupyterLab; elsewhere you see one still): how many wrong bits of the key does it take?


# %%
def decrypt_with(wrong_bits=1, picture=2):
    """Plain, encrypted, and opened with the last bits of the key flipped."""
    number = int.from_bytes(key, "big") ^ ((1 << wrong_bits) - 1)
    plain = photos[picture : picture + 1]
    sealed = logistic.encrypt(plain, key)
    opened = logistic.decrypt(sealed, number.to_bytes(32, "big"))
    three = torch.cat([plain, sealed.as_images(), opened])
    names = ["plain", "encrypted", f"opened, wrong bits: {wrong_bits}"]
    return grid_figure(three, labels=names, size=1.8)


menu = {"astronaut": 0, "camera": 1, "cat": 2, "coffee": 3, "rocket": 4, "retina": 5}
explore(decrypt_with, wrong_bits=(0, 8), picture=menu)

# %% [markdown]
# ## Break it
# A keystream cipher is as simple as it gets: $c = p \oplus s$. Here is one, from a hash function of the
# standard library. It takes a key and a nonce, and the noise that comes out is excellent.


# %%
def keystream_broken(key, nonce, n):
    """n bytes from a key and a nonce, uint8 (n,)."""
    stream = hashlib.shake_256(key + bytes(len(nonce))).digest(n)
    return torch.tensor(list(stream), dtype=torch.uint8)


def encrypt(plain, key, nonce, keystream):
    """Exclusive or with the keystream; the same again decrypts."""
    return plain ^ keystream(key, nonce, plain.numel()).reshape(plain.shape)


grey = images.load("photos", size=SIZE, count=13, colour=False, seed=SEED).images
plain_a, plain_b = grey[1:2], grey[12:13]
cipher_a = encrypt(plain_a, key, b"first nonce.", keystream_broken)
cipher_b = encrypt(plain_b, key, b"other nonce.", keystream_broken)
show_grid(
    torch.cat([plain_a, plain_b, cipher_a, cipher_b]),
    ncols=4,
    labels=["plain a", "plain b", "cipher a", "cipher b"],
    title="Both look perfectly safe",
)

# %% [markdown]
# Eve has no key. She takes the two ciphers, and puts *exclusive or* between them. That is all.

# %%
both = cipher_a ^ cipher_b
show_grid(
    torch.cat([cipher_a, cipher_b, both]),
    size=2.0,
    ncols=3,
    labels=["cipher a", "cipher b", "a ⊕ b: no key needed"],
    title="The same noise twice cancels",
)

# %% [markdown]
# **Reading the figure.** You can read the page, and see the man behind it. The keystream was the same both times,
# so it cancelled: $(a \oplus s) \oplus (b \oplus s) = a \oplus b$. This is the **two-time pad**. It opened Soviet
# telegrams in the 1940s (Venona), and it breaks several ciphers that you will meet in lesson 13.
#
# ### Exercise 00.4 · read without the key
# Difficulty ●●○ · 5 minutes · in: three uint8 `(N, C, H, W)` · out: uint8, the same shape
#
# Eve also knows picture *a*: it was in the newspaper. Give her picture *b*, exactly.
#
# <details><summary>Hint: which operation</summary>Exclusive or is <code>^</code>, and it undoes itself.</details>
# <details><summary>Hint: it is nearly right</summary>No minus, no plus: they carry into the next bit.</details>


# %%
def read_other(cipher_a, cipher_b, plain_a):
    """Picture b, from two ciphers under one keystream and picture a."""
    ### BEGIN SOLUTION
    return cipher_a ^ cipher_b ^ plain_a
    ### END SOLUTION


# %%
read_other = check("00.4", read_other)

# %% [markdown]
# ### Exercise 00.5 · find the bug
# Difficulty ●●● · 8 minutes · in: `key` 32 bytes, `nonce` 12 bytes, `n` · out: uint8 `(n,)`
#
# The nonces *were* different. Find what `keystream_broken` does with them, and write one that does it right.
#
# <details><summary>Hint: how to look</summary>Print what goes into <code>shake_256</code> for both nonces.</details>
# <details><summary>Hint: what it says</summary><code>bytes(12)</code> is twelve zeros, whatever the nonce.</details>


# %%
def keystream(key, nonce, n):
    """n bytes that depend on every bit of the key and of the nonce, uint8 (n,)."""
    ### BEGIN SOLUTION
    stream = hashlib.shake_256(key + nonce).digest(n)
    return torch.tensor(list(stream), dtype=torch.uint8)
    ### END SOLUTION


# %%
keystream = check("00.5", keystream)

# %% [markdown]
# Does the attack still work? It must where the nonce is ignored (the positive control), and must not where
# it is used (the negative one).

# %%
safe_a = encrypt(plain_a, key, b"first nonce.", keystream)
safe_b = encrypt(plain_b, key, b"other nonce.", keystream)
stolen = read_other(cipher_a, cipher_b, plain_a)
failed = read_other(safe_a, safe_b, plain_a)
assert torch.equal(stolen, plain_b)
assert (failed == plain_b).float().mean() < 0.02  # by chance 1 pixel in 256
show_grid(
    torch.cat([plain_b, stolen, failed]),
    size=2.0,
    ncols=3,
    title="One keystream, one picture",
    labels=["plain b", "stolen: nonce ignored", "failed: nonce used"],
)

# %% [markdown]
# ## Results
# What Eve holds, how much surprise is in it, and what she can read. The papers ask for an entropy *close to 8*
# (survey of Singh et al. 2024, Table 4), and 8 is the most there is. The last line meets the demand, and is broken.

# %%
held = {
    "plain pictures": (grey, "everything"),
    "AES-GCM": (encrypted, "nothing"),
    "logistic, fresh nonce": (chaotic.as_images(), "see lesson 13"),
    "keystream used twice": (torch.cat([cipher_a, cipher_b]), "both pictures"),
}
rows = [
    {
        "Eve holds": name,
        "entropy": f"{entropy(what):.1f}",
        "asked for": "close to 8",
        "reads": reads,
    }
    for name, (what, reads) in held.items()
]
show_table(rows)
assert entropy(held["keystream used twice"][0]) > 7.9  # perfect statistics, and no security

# %% [markdown]
# ## Recap
# You can now solve an exercise, encrypt a picture and count its bytes, say what a wrong key gives, read a
# two-time pad, and spot a nonce that goes nowhere. How did you do?
#
# | typical mistake | its symptom |
# |---|---|
# | uint8 plus uint8 | wraps around at 256: bright becomes black, no error |
# | a keystream used twice | ciphers look perfect one by one; their ⊕ shows both pictures |
# | encryption without authentication | a wrong key or a changed byte gives noise, and nobody is told |

# %%
progress()

# %% [markdown]
# ## Quiz
# 1. Why is a flat histogram no proof of security? <details><summary>Answer</summary>The broken cipher has one, too.</details>
# 2. What must never happen twice under one key? <details><summary>Answer</summary>The same nonce, and so the same keystream.</details>
# 3. Is a nonce secret? <details><summary>Answer</summary>No. It travels with the cipher; it only has to be new.</details>
# 4. What does the tag of AES-GCM buy? <details><summary>Answer</summary>A wrong key or a changed byte is refused, not decrypted to noise.</details>
# 5. Which profile runs in the tests? <details><summary>Answer</summary><code>smoke</code>: small numbers, the same code.</details>

# %% [markdown]
# ## References
# - C. E. Shannon, *Communication Theory of Secrecy Systems*, Bell System Technical Journal 28, 1949.
# - NIST FIPS 197, *Advanced Encryption Standard*; NIST SP 800-38D, *Galois/Counter Mode*; FIPS 202, *SHAKE256*.
#
# **Next:** lesson 01, the minimax game, where two networks learn by playing against each other.
