"""``lsgan_rng`` [5]: an LSGAN learns six chaotic systems; scrambling and *converge* diffusion.

Man, Li, Di, Liu, Zhou, Wang, Zhang, Multimedia Tools and Applications 80, 2021.

| part | choice | from |
|---|---|---|
| least-squares GAN on sequences of six chaotic systems of different dimension | | paper |
| which six: logistic, Hénon, 2D-SLMM, Lorenz, hyperchaotic Chen and 5D Lorenz | | ours |
| scrambling of rows and columns, cyclic shifts; diffusion that converges to the middle | | paper |
| its equations, and S[c] fed back where the paper feeds back c (``plain_feedback``) | | ours |
| layers, widths, latent 100, key bytes ⌊abs(y) 10¹⁰⌋ mod 256 | | ours |
"""

from __future__ import annotations

from dataclasses import dataclass

from gansec_lib.ciphers import diffuse, permute
from gansec_lib.ciphers.substitute import AES_SBOX
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, uint32s
from gansec_lib.systems.keygen.key_gan import COMPACT_DENSE, KeyGAN

PAPER = "[5] Man et al. 2021, MTAP 80"


class SixSystems(KeyGAN):
    """The key generator of [5]: a least-squares GAN on windows of six chaotic systems."""

    key_name = "keygan_six_systems"
    title = "LSGAN on windows of six chaotic systems"
    paper = PAPER
    kind, size, loss = "dense", 256, "lsgan"
    source = staticmethod(sources.six_systems)
    compact = COMPACT_DENSE


@dataclass(eq=False, repr=False)
class LsganRng(GanCipher):
    """Rows and columns sorted and shifted, then ``diffuse.converge``; see the module.

    Parameters
    ----------
    plain_feedback : bool
        Feed back c itself, as published: a flipped highest bit then cancels in many bytes.
    """

    key_name = "lsgan_rng"
    title = "LSGAN on six chaotic systems"
    paper = PAPER
    generator_class = SixSystems
    published = published("lsgan_rng")
    limits = (
        UNCHECKED,
        "A cipher bit changes 2 to 5 plain bytes: chosen ciphertexts may open it; ours do not.",
        "The key's strength is that of the seed: the network adds none.",
        "Without a nonce or the picture's hash, one keystream serves every picture.",
    )

    plain_feedback: bool = False

    def _encrypt_one(self, plain, key, nonce):
        rows, columns, shifts, stream, starts = self._schedule(key, plain.shape)
        moved = permute.rows_columns(plain, rows, columns)
        moved = permute.cyclic_shifts(moved, shifts, columns * 0)
        return diffuse.converge(moved.reshape(-1), stream, starts, self._box()).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        rows, columns, shifts, stream, starts = self._schedule(key, cipher.shape)
        flat = diffuse.undo_converge(cipher.reshape(-1), stream, starts, self._box())
        moved = permute.undo_cyclic_shifts(flat.reshape(cipher.shape), shifts, columns * 0)
        return permute.undo_rows_columns(moved, rows, columns)

    def _box(self):
        return None if self.plain_feedback else AES_SBOX

    def _schedule(self, key, shape):
        """Row and column orders, row shifts, key bytes, and the two starting bytes."""
        _, height, width = shape
        n = height * width * shape[0]
        sizes = (4 * height, 4 * width, 4 * height, 2, n)
        rows, columns, shifts, starts, stream = cut(self.stream(key, sum(sizes)), *sizes)
        orders = permute.order_from(uint32s(rows)), permute.order_from(uint32s(columns))
        return *orders, uint32s(shifts), stream, tuple(int(start) for start in starts)
