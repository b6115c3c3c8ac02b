# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
SYSTEMS = []  # list of str: key names, options after a colon; empty: the four of DEFAULT_SYSTEMS
IMAGES = "photos"  # str: a bundled set, a catalogue name, or a folder of pictures
PROFILE = "laptop"  # str: smoke, laptop or gpu; how many pictures of what size
SEED = 0  # int: keys, nonces and flipped bits follow from it
SIZE = 0  # int: side of the pictures in pixels; 0: the profile's
COUNT = 0  # int: how many pictures at most; 0: the profile's
COLOUR = True  # bool: colour or grey
OUT = "reports/latest"  # str: where results.json goes

# %%
from IPython.display import display

from gansec_lib.report import html
from gansec_lib.report.study import Study
from gansec_lib.show.figures import use_style

use_style()
study = Study(SYSTEMS, IMAGES, PROFILE, SEED, SIZE, COUNT, COLOUR)
study.heading()

# %% [markdown]
# ## In one minute
#
# Each tile is one cipher. *Figures as an ideal cipher's*: of the figures that a verdict can be
# given for, how many lie in the interval that random-looking bytes of this size would hit 999
# times in 1,000. That is the least a cipher must do, and it proves nothing: the attacks below
# read ciphers that pass them all.

# %%
cards = study.measure()
study.write(OUT)
html.summary(cards)

# %%
html.side_by_side(cards)

# %% [markdown]
# ✓ in the interval, ✗ outside, · a figure to read. *As used*: every encryption draws a fresh
# nonce, a number that never comes twice. *Nonce held*: key and nonce stay the same for both
# pictures. The papers of this field have no nonce, so theirs are figures with the nonce held.
# **AES-GCM fails that test and is the only kind here that one should use**: it promises nothing
# when a nonce comes twice, and never lets it.

# %% [markdown]
# ## The pictures

# %%
study.show_pictures()

# %% [markdown]
# ## Each cipher
#
# What to look at: the cipher column must show nothing; the decrypted column must be the picture
# again; the last column is what one wrong key bit gives. Below it, the histogram of a cipher image
# should stay inside the orange band, and pairs of neighbouring pixels, which line up along the
# diagonal in a picture, should fill the square. Then one page of verdicts, a panel a question. Rest
# the pointer on a row to read what it says and how it was taken; the last section lists both.

# %%
for label in study.systems:
    study.show_system(label)

# %% [markdown]
# ## One bit changed
#
# One bit of the picture is flipped and it is encrypted again. With fresh nonces (upper row) all
# ciphers give unrelated bytes. With the nonce held (lower row) their structure shows. A keystream
# (AES, ChaCha20, every ⊕ with key bytes) changes one byte. A cipher that adds up what came before
# and after, like the plain logistic one, spreads the change as one constant on one side and a
# sawtooth on the other: NPCR and UACI leave their intervals, and the attack below uses just that.
# Mixing a hash of the picture into the seeds hides it.

# %%
study.show_fingerprints()

# %% [markdown]
# ## Damage on the way
#
# The cipher image is damaged and then decrypted. Many papers count it as a merit that the picture
# is still seen. But a cipher that decrypts what was damaged by chance also decrypts what was changed
# on purpose, and says nothing. The authenticated ciphers refuse both. Who needs pictures that survive
# noise adds an error-correcting code outside the encryption.

# %%
study.show_damage()

# %% [markdown]
# ## Published, possible, measured
#
# The crosses are what the survey (seed 001, Table 8) prints for ciphers built around GANs, as
# printed. The green field is where a random-looking cipher image of 256 × 256 grey pixels lands
# 999 times in 1,000. The survey states no sizes, so the table tries the common ones: a row that
# fits none cannot be what random-looking bytes give. Where a system here comes from a paper, a
# second table lays that paper's figures beside those measured on these pictures.

# %%
study.show_published()

# %% [markdown]
# ## Attacks
#
# The attacker sees one cipher image and knows the method. For the *two-time pad* and *known
# plaintext* she knows other pictures and their cipher images; with *chosen plaintext* she had a few
# pictures of her own encrypted; the rest need the cipher image alone. The figure shows the best
# attack of each setting, the folded tables all of them. *Share of bytes* is counted against the
# truth; a blind guess gets 0.39 %, a picture with large even areas a little more, and what travels
# in the clear needs no attack.

# %%
study.show_attacks()

# %% [markdown]
# ## What the verdicts mean

# %%
html.verdict_words()

# %% [markdown]
# ## What is not secure

# %%
html.limits(cards)

# %% [markdown]
# No figure in this report, nor all of them together, shows that a cipher is secure. For pictures
# that matter use an authenticated standard cipher (AES-GCM or ChaCha20-Poly1305), a fresh nonce
# each time, and a key that nobody can guess.

# %% [markdown]
# ## How it was measured

# %%
display(html.conventions(cards))
study.small_print()
