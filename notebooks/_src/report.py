# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
SYSTEMS: list[str] = []  # key names of any role, options after a colon; empty: four ciphers
IMAGES: str = "photos"  # a bundled set, a catalogue name, or a folder of pictures
PROFILE: str = "laptop"  # smoke, laptop or gpu; how many pictures of what size
SEED: int = 0  # keys, nonces and flipped bits follow from it
SIZE: int = 0  # side of the pictures in pixels; 0: the profile's
COUNT: int = 0  # how many pictures at most; 0: the profile's
COLOUR: bool = True  # colour or grey
OUT: str = "reports/latest"  # where results.json goes

# %%
from gansec_lib.report import page
from gansec_lib.report.study import Study
from gansec_lib.show.figures import use_style

use_style()
study = Study(SYSTEMS, IMAGES, PROFILE, SEED, SIZE, COUNT, COLOUR)
study.heading()

# %% [markdown]
# ## In one minute
#
# Each tile is one system. The large number says how many of its judged metrics lie where those of
# an ideal system would. In the tables, ✓ means that the value lies in the interval that chance
# allows an ideal system, ✗ that it lies outside, and · marks a value to read without a verdict.

# %%
cards = study.measure()
study.write(OUT)
study.opening()

# %% [markdown]
# ## The pictures

# %%
study.show_pictures()

# %% [markdown]
# ## Each system
#
# First what the system does to pictures, then its verdicts, one panel for each question. Rest the
# pointer on a row to read what it says and how it was taken; the last section lists both.

# %%
study.show_systems()

# %% [markdown]
# ## Side by side

# %%
study.show_together()

# %% [markdown]
# ## Published, possible, measured
#
# Where the survey prints values for systems of this kind, the crosses show them as printed. The
# green field is where random-looking bytes of a 256 × 256 grey picture land 999 times in 1,000.
# The survey states no picture sizes, so the table tries the usual ones: a row that fits none of
# them cannot be what random-looking bytes give. Where a system here comes from a paper, a second
# table lays that paper's values beside those measured on these pictures.

# %%
study.show_published()

# %% [markdown]
# ## Attacks

# %%
study.show_attempts()

# %% [markdown]
# ## What the verdicts mean

# %%
page.piece("verdicts")

# %% [markdown]
# ## What is not secure

# %%
page.piece("limits", cards)

# %% [markdown]
# ## How it was measured

# %%
page.Html(page.piece("conventions", cards) + study.small_print())
