"""``RECOGNISERS``: who tries to name a face. A new one is a function and a row here."""

from gansec_lib.attacks.on_people.recognisers import eigenfaces, fisherfaces, nearest_pixels

RECOGNISERS = {one.__name__: one for one in (nearest_pixels, eigenfaces, fisherfaces)}
