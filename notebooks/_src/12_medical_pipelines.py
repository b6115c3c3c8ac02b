# %% [markdown]
# # 12 · Medical pipelines
# Find the lungs and encrypt only them, enter the file in a ledger, make the key stronger, send a quarter of the bytes: five papers on medical pictures, built, measured, and opened by people who have no key.
#
# | minutes | needs | papers |
# |---|---|---|
# | 75 | lessons 07–11 | [6], [9], [10], [76], [77] |

# %% [markdown]
# ## Objectives
# After this lesson you can
# - **measure** a region of interest with Dice (12.1) and say what stays visible around it;
# - **verify** a ledger and name the block that was changed (12.2);
# - **strengthen** a key with a hash table (12.3), **repair** differential coding (12.4), and count bytes honestly;
# - **encrypt** so that a quarter of the cipher image can be opened alone (12.5);
# - **name** a patient from a cipher file without its key (12.6).

# %% [markdown]
# ## Threat box
# - **Who attacks?** Someone who gets the encrypted files, reads the public ledger, and has an archive of pictures that might have been sent.
# - **What do they know?** Networks, weights, salt, everything but the key.
# - **What counts as broken?** Knowing *whose* picture it is, or reading it; a change that nobody notices.
# - **Not shown here:** whether a doctor can work with a restored picture. No measure in this notebook answers that.

# %%
import hashlib
import io
import json
import secrets

import numpy as np
import torch
from PIL import Image

from gansec_lib import attacks, images, metrics, systems
from gansec_lib.ciphers import aead, huffman, kdf, permute, twister
from gansec_lib.course import start
from gansec_lib.course.check import check, hint, progress, reveal
from gansec_lib.errors import GansecError, IntegrityError
from gansec_lib.metrics.quality import psnr_values, ssim_values
from gansec_lib.nets.restore import enlarge
from gansec_lib.scorecards.cipher.avalanche import flip_one_bit
from gansec_lib.show.figures import grid_figure, show_grid, show_histograms, show_table
from gansec_lib.show.widgets import explore
from gansec_lib.survey.printed import printed
from gansec_lib.systems.keygen.ledger import Ledger
from gansec_lib.systems.keygen.logistic_henon_sr import super_resolve
from gansec_lib.systems.keygen.roi_aes import lungs

# %% [markdown]
# Parameters: change them here, or from the command line. `FOLDER` may name a folder of real chest X-rays (PNG, JPEG, DICOM); the bundled ones are drawn, nobody's picture is in them.

# %% tags=["parameters"]
PROFILE: str = "auto"  # smoke, laptop, gpu, or auto
SEED: int = 0  # any whole number
FOLDER: str = ""  # a folder of X-rays of your own; empty: none

# %% [markdown]
# `start` seeds everything and picks the profile.

# %% tags=["nbval-ignore-output"]
course = start("12", PROFILE, SEED)
scans = images.load("xrays", size=128, count=12, colour=False, split="test")
KEY = bytes(range(32))
TABLE = torch.tensor(list(kdf.hkdf(KEY, 256, info=b"hash table")), dtype=torch.uint8)

# %% [markdown]
# ## Predict first
# Write down your answers before you run on.
# 1. Only the lungs are encrypted, with AES. Can someone with an archive say whose picture it is?
# 2. Huffman coding after encryption: how many bytes are left of 100? And before it?
# 3. A picture's key is SHA-256 of the picture and a salt, through a GAN and HKDF. The file is stolen, the long-term key is not. Is that enough?

# %% [markdown]
# ## 1. Only the lungs
# [77] lets a **U-Net** find the region of interest, and encrypts nothing else. How good is a mask $M$ against the truth $T$?
#
# $$\text{Dice} = \frac{2\,|M \cap T|}{|M| + |T|}$$
#
# 1: the same; 0: nothing in common.

# %% [markdown]
# ### Exercise 12.1 · Dice
# Difficulty ●○○ · 5 minutes · in: `found`, `truth` bool `(N, H, W)` · out: float `(N,)`
#
# Two empty masks agree: 1.
# <details><summary>Hint: counting</summary>`(found & truth).flatten(1).sum(1)`</details>
# <details><summary>Hint: nan</summary>Where nothing is in either mask, the fraction is 0 / 0: `torch.where`, or clamp the denominator.</details>


# %%
def dice(found, truth):
    """Overlap of two masks, 0 to 1."""
    ### BEGIN SOLUTION
    both, all_ = (found & truth).flatten(1).sum(1), (found.sum((1, 2)) + truth.sum((1, 2)))
    return torch.where(all_ == 0, 1.0, 2 * both / all_.clamp(min=1))
    ### END SOLUTION


# %%
dice = check("12.1", dice)

# %% [markdown]
# The shipped U-Net learned on drawn X-rays; these twelve are others:

# %% tags=["nbval-ignore-output"]
found, truth = lungs(scans.images), scans.masks["lungs"]
scores = dice(found, truth)
missed = (truth & ~found).sum((1, 2)) / truth.sum((1, 2))
print(f"Dice: median {scores.median():.3f}, lowest {scores.min():.3f}")
print(f"lung pixels that stay in clear: median {100 * missed.median():.1f} %")
assert scores.median() > 0.95

# %% [markdown]
# The key, as published: a hash of the region and a salt seeds the GAN, its bytes go through HKDF. The salt is public (the receiver needs it), and so are the weights.


# %%
keys77 = systems.get("keygan_even_noise", use_nonce=False)


def session_key(inside, salt):
    """256 bits from the region's bytes, as in [77]."""
    seed = hashlib.sha256(inside.numpy().tobytes() + salt).digest()
    drawn = keys77.keystream(seed, b"", 1024)
    return kdf.hkdf(drawn.numpy().tobytes(), 32, info=b"lesson 12")


# %% [markdown]
# Then AES-GCM over the region, everything else as it was. (The session key itself travels wrapped under the long-term key; the library's `roi_aes` does all that.)


# %%
def seal(picture, mask, session, nonce):
    """A picture (1, H, W) with its region under AES-GCM, and the tag."""
    inside = picture[:, mask].reshape(-1).numpy()
    hidden, tag = aead.aes_gcm_seal(session, nonce, inside, b"lesson 12")
    sent = picture.clone()
    sent[:, mask] = torch.from_numpy(hidden.copy()).reshape(len(picture), -1)
    return sent, tag


salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
scan, mask = scans.images[0], found[0]
sent, tag = seal(scan, mask, session_key(scan[:, mask], salt), nonce)
shown = torch.stack([scan, mask[None].to(torch.uint8) * 255, sent])
labels = ["plain", "the U-Net's mask", "what is sent"]
show_grid(shown, labels=labels, size=1.9, title="Closed inside, open outside")

# %% [markdown]
# **Reading the figure.** Inside: perfect noise, authenticated, sound. Outside: ribs, heart, shoulders, the marker in the corner. And the mask itself shows how large the lungs are.
#
# The same on real X-rays, if you have a folder of them:

# %% tags=["nbval-ignore-output"]
try:
    real = images.load(FOLDER or "./xrays_of_my_own", size=128, count=6, colour=False).images
    outlined = torch.where(lungs(real)[:, None], real, real // 3)
    show_grid(torch.cat([real, outlined]), ncols=6, title="Bright: what would be encrypted")
except GansecError as problem:
    print("skipped (parameter FOLDER):", str(problem)[:70])

# %% [markdown]
# On real ones, look closely: the network was shown drawn, healthy films. Where a lung is white with disease, it sees no lung, and *just that part stays in clear*.
#
# Now the first prediction. A hundred patients are in an archive. Twenty come back: another exposure, another noise, a pixel further left. Only what is outside the lungs is compared.

# %%
archive = images.load("xrays", size=64, count=100, colour=False).images
rng = torch.Generator().manual_seed(SEED)
came = torch.randperm(100, generator=rng)[:20]
noise = 8 * torch.randn(20, 1, 64, 64, generator=rng)
films = (archive[came].roll(-1, dims=3) * 0.9 + 20 + noise).clamp(0, 255).to(torch.uint8)
outside = ~lungs(films)
named = 0
for film, clear, patient in zip(films, outside, came, strict=True):
    gap = (archive.float() - film.float())[:, :, clear]
    named += int(gap.std(dim=2).argmin()) == int(patient)
print(f"patients named from the pixels outside their lungs: {named} of 20")
assert named > 5  # whoever guesses names one

# %% [markdown]
# ## 2. A ledger
# [6] enters each cipher file in a **hash chain**: every block holds the hash of the one before, so that no old block can be changed without all later ones.


# %%
def link(block):
    """The hash of a block: over its file's hash, its label, and the hash before it."""
    known = {name: block[name] for name in ("previous", "file", "label")}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def append(blocks, content, label):
    previous = blocks[-1]["hash"] if blocks else "0" * 64
    file = hashlib.sha256(content).hexdigest()
    block = {"previous": previous, "file": file, "label": label}
    blocks.append(block | {"hash": link(block)})


# %% [markdown]
# ### Exercise 12.2 · Which block?
# Difficulty ●●○ · 10 minutes · in: `blocks`, list of dicts; `files`, list of bytes · out: place of the first block that does not hold, or `None`
#
# A block holds if its `hash` is its `link`, its `previous` is the hash of the block before (64 zeros for the first), and its `file` is the SHA-256 of its file.
# <details><summary>Hint: three questions</summary>One loop, `enumerate(zip(blocks, files))`, three comparisons, `return place` at the first that fails.</details>
# <details><summary>Hint: the wrong block is named</summary>Carry `previous = block["hash"]` on *after* the comparisons.</details>


# %%
def first_broken(blocks, files):
    """Place of the first block that does not hold; None where all do."""
    ### BEGIN SOLUTION
    previous = "0" * 64
    for place, (block, content) in enumerate(zip(blocks, files, strict=True)):
        known = (link(block), previous, hashlib.sha256(content).hexdigest())
        if known != (block["hash"], block["previous"], block["file"]):
            return place
        previous = block["hash"]
    return None
    ### END SOLUTION


# %%
first_broken = check("12.2", first_broken)

# %% [markdown]
# Four cipher files of [6], and three kinds of tampering:

# %%
ledger_cipher = systems.get("blockchain_gan")
small = scans.images[:4, :, ::2, ::2].contiguous()
files = [ledger_cipher.encrypt(one[None], KEY).to_bytes() for one in small]


def entered(contents):
    blocks = []
    for number, content in enumerate(contents):
        append(blocks, content, f"scan {number}")
    return blocks


swapped = [files[0], files[1], files[3], files[2]]
relabelled = entered(files)
relabelled[1]["label"] = "scan of somebody else"
print("nobody touched it:      ", first_broken(entered(files), files))
print("files 2 and 3 swapped:   block", first_broken(entered(files), swapped))
print("label of 1 changed:      block", first_broken(relabelled, files))
print("all rewritten, swapped: ", first_broken(entered(swapped), swapped))

# %% [markdown]
# The last line is the weak point: who rewrites *everything* leaves no trace. Hashes have no secret. The library's ledger signs each block (Ed25519): nobody without the signing key can write one. (Proof of work, which [6] uses, only makes each block cost some hashes.) A reader must know two things herself, and cannot take them from the file: *whose* key signed the chain, and *how long* it was. The cell shows what happens when she does, and what when she does not.

# %%
ledger = Ledger(secrets.token_bytes(32), zeros=1)
forger = Ledger(secrets.token_bytes(32), zeros=1)
for number, content in enumerate(files):
    ledger.append(content, f"scan {number}", time="2026-01-01T08:00")
    forger.append(swapped[number], f"scan {number}", time="2026-01-01T08:00")
cut = json.dumps({"blocks": json.loads(ledger.to_json())["blocks"][:3]})
key_known = ledger.public_key
for words, text, whose, length, held in (
    ("untouched", ledger.to_json(), key_known, 4, files),
    ("two files swapped", ledger.to_json(), key_known, 4, swapped),
    ("all rewritten", forger.to_json(), key_known, 4, swapped),
    ("all rewritten, key taken from the forger", forger.to_json(), forger.public_key, 4, swapped),
    ("last block cut off", cut, key_known, 4, files),
    ("last block cut off, length taken from the file", cut, key_known, 3, files[:3]),
):
    chain = Ledger.from_json(text, whose, zeros=1)
    try:
        chain.verify(length=length, files=dict(enumerate(held)))
        print(f"{words}: verified")
    except IntegrityError as problem:
        print(f"{words}: {problem}")

# %% [markdown]
# **Reading the lines.** Tampering is named as long as the reader brings the key and the length. The two lines in which she takes one of them from the file say *verified*, and nothing is what it was. One person can still rewrite everything: whoever holds the signing key. Against her helps only what she cannot reach, for example the last block's hash kept elsewhere (`verify(head=…)`).

# %% [markdown]
# ## 3. A stronger key, and bytes counted honestly
# [10] passes the GAN's key bytes $K_0$ through a **hash table** $T$ of 256 keyed bytes, $p$ odd:
#
# $$K_1[i] = K_0[i] \oplus T[(p\,i + K_0[i]) \bmod 256]$$

# %% [markdown]
# ### Exercise 12.3 · The table
# Difficulty ●○○ · 5 minutes · in: `drawn` uint8 `(n,)`, `table` uint8 `(256,)`, `p` odd · out: uint8 `(n,)`
#
# <details><summary>Hint: wrong after a while</summary>Places as long: PyTorch takes a uint8 tensor in brackets for a mask of old, or refuses it: indices must be long.</details>
# <details><summary>Hint: an index</summary>`torch.arange(len(drawn))` is i.</details>


# %%
def strengthen(drawn, table, p):
    """K1 from K0 by a table of 256 bytes."""
    ### BEGIN SOLUTION
    places = (p * torch.arange(len(drawn)) + drawn.long()) % 256
    return drawn ^ table[places]
    ### END SOLUTION


# %%
strengthen = check("12.3", strengthen)

# %% [markdown]
# *Raw* key pictures (no modular extraction), trained and untrained, before and after the table:

# %%
pages, labels = [], []
for words, trained in (("trained", True), ("untrained", False)):
    options = {"trained": trained, "extraction": "raw", "use_nonce": False}
    gan = systems.get("keygan_xray_to_noise", **options)
    drawn = gan.key_image(KEY, (1, 128, 128))
    pages += [drawn, strengthen(drawn.flatten(), TABLE, 77).reshape(drawn.shape)]
    labels += [f"{words}, raw", "and the table"]
show_histograms(torch.stack(pages), labels=labels, title="A table does what training did not")
print("entropy:", [round(e, 3) for e in metrics.entropy_values(torch.stack(pages)).tolist()])

# %% [markdown]
# **Reading the figure.** The networks' own bytes have a shape. The table flattens it, but for some keys a rest can still be seen or measured. Whoever does not know the key cannot predict the bytes, and that is the table's doing, that is, HKDF's: 256 bits, however large the network.

# %% [markdown]
# ### Differential Huffman coding
# Neighbours in a picture are alike, so differences $d_i = x_i - x_{i-1} \bmod 256$ are small, and Huffman gives small numbers short codes. The way back, below, is wrong in **two** ways.


# %%
def differences(flat):
    """d[i] = x[i] − x[i−1] mod 256, with 0 before the first."""
    return torch.diff(flat, prepend=torch.zeros(1, dtype=torch.uint8))


def rebuild_broken(steps):
    """The bytes from their differences. Find the bugs."""
    return (128 + steps.to(torch.int8).cumsum(0)).clamp(0, 255).to(torch.uint8)  # 255 is −1


# %% [markdown]
# ### Exercise 12.4 · Find the bug
# Difficulty ●●○ · 6 minutes · in: `steps` uint8 `(n,)` · out: uint8 `(n,)`
#
# <details><summary>Hint: everything is too bright</summary>What stands before the first byte?</details>
# <details><summary>Hint: only large steps fail</summary>The differences were taken mod 256, so the sum is, too: a sum of 300 is 44, not 255.</details>


# %%
def rebuild(steps):
    """The bytes from their differences."""
    ### BEGIN SOLUTION
    return (steps.long().cumsum(0) % 256).to(torch.uint8)
    ### END SOLUTION


# %%
rebuild = check("12.4", rebuild)

# %% [markdown]
# Second prediction. [10] codes the *cipher image*; here are both orders, tables of the code included:

# %%
medical = systems.get("medical_hash")
pair = scans.images[:2]
assert torch.equal(rebuild(differences(pair.flatten())), pair.flatten())
assert np.array_equal(huffman.decode(huffman.encode(pair.numpy(), True)), pair.numpy().ravel())
counts = {
    "nothing": pair.numel(),
    "encrypt, then code (published)": medical.compressed_bytes(pair, KEY),
    "code, then encrypt": medical.compressed_bytes(pair, KEY, "compress_then_encrypt"),
}
for words, size in counts.items():
    print(f"{words:31} {100 * size / pair.numel():3.0f} bytes of 100")

# %% [markdown]
# A good cipher image has no redundancy; a code that finds some would be an attack. If coding after encryption *does* save bytes, be worried about the cipher.

# %% [markdown]
# ## 4. A quarter of the bytes
# [9] encrypts, halves the cipher image's sides, sends a quarter, and lets a network enlarge what was decrypted. But the mean of four *cipher* bytes is not the cipher byte of the mean. What works: pixels of one **polyphase component** (all at even rows and columns, say) never mix with the others.

# %% [markdown]
# ### Exercise 12.5 · Four ciphers in one
# Difficulty ●●○ · 10 minutes · in: `picture` uint8 `(H, W)`, even sides; `orders` int64 `(4, HW/4)`; `streams` uint8 `(4, HW/4)` · out: uint8 `(H, W)`
#
# Component $2r + c$ is `picture[r::2, c::2]`, row after row. Each by itself: moved (`flat[order]`), then its stream added mod 256, then put back to where it was.
# <details><summary>Hint: where to write</summary>`out[r::2, c::2] = …reshape(H // 2, W // 2)` into an empty copy.</details>
# <details><summary>Hint: a view is changed</summary>Use `torch.empty_like(picture)`; the input must stay as it is.</details>


# %%
def encrypt_parts(picture, orders, streams):
    """Each polyphase component moved and added to by itself."""
    ### BEGIN SOLUTION
    out = torch.empty_like(picture)
    for number, (order, stream) in enumerate(zip(orders, streams, strict=True)):
        part = (slice(number // 2, None, 2), slice(number % 2, None, 2))
        piece = picture[part]
        out[part] = (piece.flatten()[order] + stream).reshape(piece.shape)
    return out
    ### END SOLUTION


# %%
encrypt_parts = check("12.5", encrypt_parts)

# %% [markdown]
# Two ways to a quarter: the mean of every 2 × 2, and component 0. Both decrypted with the schedule of component 0.

# %%
bytes9 = systems.get("keygan_coupled_henon").keystream(KEY, b"", 5 * 128 * 128)
words9, streams = bytes9[: 4 * 128 * 128].reshape(4, -1, 4).long(), bytes9[-128 * 128 :]
orders = (words9 @ 256 ** torch.arange(4)).argsort(dim=1, stable=True)
hidden = encrypt_parts(scan[0], orders, streams.reshape(4, -1))


def open_quarter(quarter):
    plain = torch.empty(64 * 64, dtype=torch.uint8)
    plain[orders[0]] = quarter.flatten() - streams[: 64 * 64]
    return plain.reshape(1, 64, 64)


means = hidden.reshape(64, 2, 64, 2).double().mean((1, 3)).round().to(torch.uint8)
opened = [open_quarter(quarter) for quarter in (means, hidden[::2, ::2])]
print("component 0, every pixel right:", torch.equal(opened[1], scan[:, ::2, ::2]))
labels = ["plain", "cipher", "mean, decrypted", "component 0, decrypted"]
show_grid([scan, hidden[None], *opened], labels=labels, size=1.6, title="Only one of them commutes")

# %% [markdown]
# **Reading the figure.** The mean cannot be decrypted: four bytes mod 256 went into one, and the key stream no longer fits. (It is not pure noise: look closely, and smooth it, to see how much of the picture stays.) The component is exact. The price: a change in one component never reaches the other three, so this cipher spreads nothing by itself.
#
# Three quarters are then *guessed*. **CSRNet**'s guess beside bicubic interpolation, for drawn X-rays and photographs; and [76], where a network makes two bits of every pixel, beside JPEG of as many bytes.


# %%
def by_jpeg(pictures, most):
    """Each picture as the best JPEG of at most so many bytes."""
    out = []
    for picture in pictures[:, 0].numpy():
        for quality in range(95, 0, -2):
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "JPEG", quality=quality)
            if file.tell() <= most:
                break
        out.append(torch.from_numpy(np.array(Image.open(file)))[None])
    return torch.stack(out)


sets = {"X-rays": scans.images[:6]}
sets["photographs"] = images.load("photos", size=128, count=6, colour=False, split="test").images
codec = systems.get("gan_compression")
restored = {}
for words, originals in sets.items():
    quarter = originals[:, :, ::2, ::2]
    coded = codec.encrypt(originals, KEY)
    restored[words, "bicubic, quarter sent"] = images.to_bytes(enlarge(images.to_network(quarter)))
    restored[words, "[9] CSRNet, quarter sent"] = super_resolve(quarter)
    restored[words, "[76] GAN, quarter sent"] = codec.decrypt(coded, KEY)
    restored[words, "JPEG, quarter sent"] = by_jpeg(originals, coded.payload.numel() // 6)

# %% [markdown]
# PSNR and SSIM, means of six pictures:

# %% tags=["nbval-ignore-output"]
rows = []
for (words, how), made in restored.items():
    scores = [values(sets[words], made).mean() for values in (psnr_values, ssim_values)]
    rows.append({"pictures": words, "how": how, "PSNR": f"{scores[0]:.2f} dB"})
    rows[-1]["SSIM"] = f"{scores[1]:.4f}"
show_table(rows)
photos = sets["photographs"]
gain = psnr_values(photos, restored["photographs", "[9] CSRNet, quarter sent"]).mean()
gain -= psnr_values(photos, restored["photographs", "bicubic, quarter sent"]).mean()
assert gain > 0.2

# %% [markdown]
# And to the eye, a part of one photograph and one X-ray:

# %%
rows, labels = [], []
for words, number in (("photographs", 0), ("X-rays", 1)):
    crop = (slice(None), slice(32, 96), slice(32, 96))
    rows += [sets[words][number][crop]]
    rows += [made[number][crop] for (which, _), made in restored.items() if which == words]
    labels += ["original", "bicubic", "[9] CSRNet", "[76] GAN", "JPEG"]
show_grid(torch.stack(rows), ncols=5, labels=labels, size=1.35, title="Three quarters are guessed")

# %% [markdown]
# **Reading the figure.** CSRNet is a little sharper than bicubic interpolation. Published are 34.6 and 37.0 dB, on pictures of 512 × 512, which are smoother: PSNR of an enlargement depends more on the picture than on the network. And plain JPEG of as many bytes, with AES around it, is far ahead of all three: it spends its bytes where the picture needs them.

# %% [markdown]
# ## Break it
# [77]'s file: mask, salt, nonce and tag are public. The key is a *function of the plain region*. So whoever has a candidate picture can make the key that this picture would have had, and try it: GCM's tag says yes or no. No query, no long-term key.

# %% [markdown]
# ### Exercise 12.6 · Whose lungs?
# Difficulty ●●○ · 8 minutes · in: `archive` uint8 `(K, C, H, W)`, `mask` bool `(H, W)`, `salt`, functions `make(inside, salt)` and `opens(session)` · out: place of the patient, or `None`
#
# <details><summary>Hint: which bytes?</summary>Those of the candidate under the *file's* mask: `candidate[:, mask]`.</details>
# <details><summary>Hint: place 0 is lost</summary>Return `None` only after the whole archive was tried; 0 is a place.</details>


# %%
def name_patient(archive, mask, salt, make, opens):
    """Which picture of the archive makes the session key of a file; None where none does."""
    ### BEGIN SOLUTION
    for place, candidate in enumerate(archive):
        if opens(make(candidate[:, mask], salt)):
            return place
    return None
    ### END SOLUTION


# %%
name_patient = check("12.6", name_patient)

# %% [markdown]
# Five patients' files, the archive of a hundred. As published; without the patient in the archive; and repaired, with a session key that is simply random:


# %%
def attack(patient, session=None, known=archive):
    """Seal a patient's picture, and let someone without the key name him."""
    salt, nonce, picture = secrets.token_bytes(16), secrets.token_bytes(12), archive[patient]
    mask = lungs(picture[None])[0]
    session = session or session_key(picture[:, mask], salt)
    sent, tag = seal(picture, mask, session, nonce)

    def opens(guess):
        try:
            aead.aes_gcm_open(guess, nonce, sent[:, mask].flatten().numpy(), tag, b"lesson 12")
            return True
        except IntegrityError:
            return False

    return name_patient(known, mask, salt, session_key, opens)


five = came[:5].tolist()
print("as published, named:     ", [attack(p) for p in five] == five)
print("not in the archive:      ", {attack(p, known=archive[:p]) for p in five})
print("random session key:      ", {attack(p, session=secrets.token_bytes(32)) for p in five})
assert attack(five[0]) == five[0] and attack(five[0], session=secrets.token_bytes(32)) is None

# %% [markdown]
# Third prediction: it is not enough. A salt hinders tables made beforehand, not a guess made now. The GAN between hash and HKDF changes nothing: it is a public function. The library's attack on the library's system, and on its repair:

# %%
for seed_from in ("roi", "random"):
    system = systems.get("roi_aes", seed_from=seed_from)
    result = attacks.dictionary(system, KEY, archive[five[:1]], archive, "as used")
    words = "names the patient" if result.succeeded else "names nobody"
    print(f"{seed_from:6} {words}, {result.queries} queries")

# %% [markdown]
# ### The hash of the plain picture on the ledger
# [6] as published records SHA-1 of the picture itself. Everybody can hash, too:

# %%
sent_five = [*came[:4].tolist(), int(came[0])]
names = {hashlib.sha1(p.numpy().tobytes()).hexdigest(): i for i, p in enumerate(archive)}
on_chain = [hashlib.sha1(archive[i].numpy().tobytes()).hexdigest() for i in sent_five]
print("hash of the plain picture names", [names.get(h) for h in on_chain] == sent_five)
files = [ledger_cipher.encrypt(archive[i][None], KEY).to_bytes() for i in sent_five]
on_chain = {hashlib.sha1(content).hexdigest() for content in files}
print("hash of the cipher file: named", len(on_chain & set(names)), "different", len(on_chain))

# %% [markdown]
# ### A seed of 32 bits
# [10]'s first confusion is a Fisher–Yates shuffle by the Mersenne Twister, seeded with 32 bits of the key. The shuffle's last place holds *output 0 mod n*, the one before it (nearly always) *output 1 mod (n − 1)*. So a guessed seed is tested with two numbers:


# %%
def first_two(seeds):
    """Outputs 0 and 1 of MT19937 for many seeds at once, uint32 (2, S)."""
    state = [seeds.astype(np.uint32)]
    for i in range(1, 399):
        last = state[-1]
        state.append(np.uint32(1812433253) * (last ^ last >> np.uint32(30)) + np.uint32(i))
    out = []
    for i in range(2):
        joined = state[i] & np.uint32(1 << 31) | state[i + 1] & np.uint32((1 << 31) - 1)
        odd = (joined & np.uint32(1)) * np.uint32(0x9908B0DF)
        word = state[i + 397] ^ joined >> np.uint32(1) ^ odd
        for shift, bits in ((11, 0), (-7, 0x9D2C5680), (-15, 0xEFC60000), (18, 0)):
            moved = word >> np.uint32(shift) if shift > 0 else word << np.uint32(-shift)
            word = word ^ (moved & np.uint32(bits) if bits else moved)
        out.append(word)
    return np.stack(out)


assert np.array_equal(first_two(np.array([5489]))[:, 0], twister.MT19937(5489).random_uint32(2))
print("the authors' own example:", first_two(np.array([5489]))[:, 0].tolist())

# %% [markdown]
# The lab: the shuffle has been read with chosen pictures (as in 08.6), and of the seed only the lower 16 bits are unknown. Beside it the repair: a shuffle whose words come from a 256-bit stream.


# %%
def search(order):
    """The seeds below 65,536 whose shuffle ends like this one."""
    n, seeds = len(order), np.arange(65_536)
    last, before = (words.astype(np.int64) for words in first_two(seeds))
    last, before = last % n, before % (n - 1)
    before = np.where(before == last, n - 1, before)
    return seeds[(last == order[-1]) & (before == order[-2])].tolist()


n, seed = 64 * 64, secrets.randbelow(65_536)
weak = permute.fisher_yates(twister.MT19937(seed).random_uint32(n), n)
strong_words = np.frombuffer(kdf.hkdf(KEY, 4 * 2000, info=b"shuffle"), "<u4")
strong = permute.fisher_yates(strong_words, 2000)
print("Twister, seed among those left:", seed in search(weak), "·", len(search(weak)) < 5)
print("words from HKDF, seeds left:   ", len(search(strong)))

# %% [markdown]
# All $2^{32}$ seeds are 65,536 times this work: some hours of plain numpy on one core, whatever the length of the key. In the whole of [10] a second permutation lies on top; lesson 13 peels it off.

# %% [markdown]
# ## Results
# The ciphers of [6] and [10], three seeds trained and three untrained, nonce held, on X-rays of 64 × 64: medians.

# %%
twins = flip_one_bit(small[:2], SEED)
rows = []
for name in ("blockchain_gan", "medical_hash"):
    for related, trained in ((False, True), (True, True), (True, False)):
        found_values = []
        for run in range(3):
            options = {"plaintext_related": related, "trained": trained, "seed": run}
            cipher = systems.get(name, **options)
            plain, twin = (
                cipher.encrypt(p, KEY, nonce=bytes(16)).as_images() for p in (small[:2], twins)
            )
            calls = metrics.entropy_values(plain), metrics.npcr_values(plain, twin)
            found_values.append(
                [c.mean().item() for c in (*calls, metrics.uaci_values(plain, twin))]
            )
        values = np.median(found_values, axis=0)
        rows.append({"system": name, "picture in key": "yes" if related else "no"})
        rows[-1] |= {"generator": "trained" if trained else "untrained"}
        heads = ("entropy", "NPCR", "UACI")
        rows[-1] |= {head: f"{value:.3f}" for head, value in zip(heads, values, strict=True)}
show_table(rows)
claims = ("entropy", "npcr_nonce_held", "uaci_nonce_held")
claims = [printed("blockchain_gan", name) for name in claims]
print("published for [6]: entropy {:.3f}, NPCR {:.2f}, UACI {:.2f}".format(*claims))

# %% [markdown]
# With the key fixed, [6] changes one byte of 4,096: ⊕ spreads nothing, and its published 99.60 needs the picture in the key. [10]'s ⊕ chain carries *one and the same* bit on: many bytes change, and all of them by the same one bit. Trained or not makes no difference.
#
# All attacks of the library on both, with the nonce held as in the papers, and as used here:

# %%
tiny = small[:3, :, ::2, ::2].contiguous()
for name in ("blockchain_gan", "medical_hash"):
    for setting in ("nonce held", "as used"):
        tried, _ = attacks.suite(systems.get(name), KEY, tiny, (setting,))
        reading = [result for result in tried if not result.tells]
        best = max(reading, key=lambda result: (result.score, -result.queries))
        words = f"all read, {best.queries} queries" if best.succeeded else "nothing read"
        print(f"{name:15} {setting:11} {words}")

# %% [markdown]
# A fresh nonce in the generator's seed is the repair of both. Published, measured here, possible:

# %% tags=["nbval-ignore-output"]
inside = torch.cat([scan[:, m].flatten() for scan, m in zip(scans.images, found, strict=True)])
hidden, _ = aead.aes_gcm_seal(KEY, bytes(12), inside.numpy(), b"")
hidden = torch.from_numpy(hidden.copy())[None, None, None]
best = psnr_values(photos, restored["photographs", "JPEG, quarter sent"]).mean()
rows = [{"system": "roi_aes", "figure": "entropy", "measured": metrics.entropy_values(hidden)}]
rows[0]["possible"] = f"{metrics.expected_entropy(hidden.numel()):.4f}"
for name, how in (("logistic_henon_sr", "[9] CSRNet"), ("gan_compression", "[76] GAN")):
    made = restored["photographs", f"{how}, quarter sent"]
    rows.append({"system": name, "figure": "psnr_decrypted"})
    rows[-1] |= {"measured": psnr_values(photos, made).mean(), "possible": f"JPEG: {best:.2f}"}
for row in rows:
    row["published"] = systems.get(row["system"]).published[row["figure"]]["value"]
    row["measured"] = f"{row['measured'].item():.4f}"
order = ("system", "figure", "published", "measured", "possible")
show_table(rows, columns=order)

# %% [markdown]
# ## Play with it
# How much must be encrypted before the patient cannot be named? Grow the region; watch the share, and what is left to compare.


# %%
def grown(patient=3, grow=4):
    """Region grown by some pixels, encrypted, and whom the rest looks like most."""
    film = films[patient]
    mask = lungs(film[None]).float()[:, None]
    wide = torch.nn.functional.max_pool2d(mask, 2 * grow + 1, 1, grow)[0, 0] > 0
    sent, _ = seal(film, wide, KEY, bytes(12))
    if wide.all():
        return grid_figure(torch.stack([film, sent]), title="Everything is encrypted", size=1.9)
    gap = (archive.float() - film.float())[:, :, ~wide].std(dim=2)[:, 0]
    like = int(gap.argmin())
    right = "the right patient" if like == int(came[patient]) else "another patient"
    share = f"{100 * wide.double().mean():.0f} % encrypted: the rest names {right}"
    labels = ["film", "sent", "most alike"]
    shown = torch.stack([film, sent, archive[like]])
    return grid_figure(shown, labels=labels, title=share, size=1.9)


explore(grown, patient=(0, 19), grow=(0, 24))

# %% [markdown]
# ## Recap
# - Dice (12.1) measures the mask; what it misses, and all around it, stays in clear and names the patient.
# - A ledger finds changes (12.2); only a signature stops rewriting. It hides nothing.
# - A keyed table (12.3) makes raw bytes flat; coding (12.4) belongs before encryption.
# - Polyphase components commute with taking a quarter (12.5), means do not.
# - A key made from the plain region confirms guesses (12.6). Random session keys do not.
#
# **Typical mistakes**
# - *Compressing cipher images.* Symptom: more bytes than before.
# - *"Salted, so it is safe."* A salt is public: it does not stop one guess.
# - *32 bits of seed in a 256-bit system.*

# %%
progress()
hint("12.2")  # one hint at a time; reveal("12.2") shows the reference

# %% [markdown]
# ## Quiz
# 1. Why is 97 % Dice not 97 % of the lung encrypted?
#    <details><summary>Answer</summary>Dice counts both kinds of errors. What stays in clear is the lung pixels missed: the truth outside the mask.</details>
# 2. What does proof of work add to a signed ledger of one hospital?
#    <details><summary>Answer</summary>Nothing against forgers without the key: the signature stops those. It only makes entries slow.</details>
# 3. Why can the mean of four cipher bytes not be decrypted?
#    <details><summary>Answer</summary>Each pixel was added to another key byte mod 256; the mean of wrapped sums is not the wrapped sum of the means.</details>
# 4. Would scrypt in place of SHA-256 save [77]?
#    <details><summary>Answer</summary>It makes each guess slower. An archive of some thousand pictures is still tried.</details>
# 5. Which of the five pipelines hides most?
#    <details><summary>Answer</summary>The one that gives a whole picture to AES-GCM under a random session key: [77] with region "all".</details>

# %% [markdown]
# ## References
# - [6] Neela, Kavitha, Applied Intelligence 53, 2023.
# - [9] Singh, Baranwal, Singh, Singh, IEEE Transactions on Consumer Electronics 70(1), 2024.
# - [10] Kumar, Rahman, Namasudra, Moparthi, Mobile Networks and Applications, 2023.
# - [76] Sari, Mulkiah et al., ISITIA 2021. [77] Krishna et al., GlobConET 2022.
# - Ronneberger, Fischer, Brox, *U-Net*, MICCAI 2015. Matsumoto, Nishimura, *Mersenne Twister*, ACM TOMACS 8(1), 1998.
# - Bellare, Keelveedhi, Ristenpart, *Message-locked encryption and secure deduplication*, EUROCRYPT 2013: what keys made from messages leak.
