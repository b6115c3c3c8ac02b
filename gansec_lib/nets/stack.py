"""Stack-wise refinement: a first network sketches, a second one paints over the sketch.

Zhang et al., *StackGAN: Text to photo-realistic image synthesis with stacked generative
adversarial networks* (2017), § 3.3 and 3.4. There a sentence is the condition; here there is none,
so stage II is given the latent of the sketch instead (ours). Stage I is the small pair at 16 px.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.small import (
    SmallDiscriminator,
    SmallGenerator,
    expect_latent,
    expect_square,
    init_normal,
)


class _Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, hidden):
        return F.relu(hidden + self.body(hidden))


class StageTwoGenerator(nn.Module):
    """Sketch and latent to a picture four times as large.

    The sketch is encoded to 8 × 8, joined by the latent at every position, passes residual blocks,
    and is painted at the full size *on top of* the enlarged sketch (the addition is ours: with
    zero weights stage II shows the sketch, enlarged).

    >>> stage_two = StageTwoGenerator()
    >>> stage_two(torch.zeros(2, 3, 16, 16), torch.randn(2, 64)).shape
    torch.Size([2, 3, 64, 64])
    """

    def __init__(self, latent: int = 64, sketch: int = 16, width: int = 16, residuals: int = 2):
        super().__init__()
        self.latent, self.sketch, self.size = latent, sketch, sketch * 4
        wide = width * 4
        self.encode = nn.Sequential(
            nn.Conv2d(3, wide // 2, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(wide // 2, wide, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(wide),
            nn.LeakyReLU(0.2),
        )
        self.join = nn.Sequential(
            nn.Conv2d(wide + latent, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()
        )
        self.residuals = nn.Sequential(*(_Residual(wide) for _ in range(residuals)))
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [
                nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wide // 2),
                nn.ReLU(inplace=True),
            ]
            wide //= 2
        layers.append(nn.ConvTranspose2d(wide, 3, 4, stride=2, padding=1))
        self.paint = nn.Sequential(*layers)
        init_normal(self)

    def forward(self, sketches: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        expect_square(sketches, self.sketch, "sketches")
        expect_latent(latent, self.latent)
        if len(sketches) != len(latent):
            raise ParameterError(
                f"latent: expected one for each of {len(sketches)} sketches, got {len(latent)}"
            )
        hidden = self.encode(sketches)
        spread = latent[:, :, None, None].expand(-1, -1, *hidden.shape[2:])
        hidden = self.residuals(self.join(torch.cat([hidden, spread], dim=1)))
        enlarged = F.interpolate(sketches, size=self.size, mode="bilinear", align_corners=False)
        # atanh of the sketch, so that adding zero gives the sketch back through tanh
        return torch.tanh(self.paint(hidden) + torch.atanh(enlarged.clamp(-0.99, 0.99)))


class StackGenerator(nn.Module):
    """Both stages as one generator, for sampling: latent → sketch → picture.

    >>> StackGenerator()(torch.randn(2, 64)).shape
    torch.Size([2, 3, 64, 64])
    """

    def __init__(self, latent: int = 64):
        super().__init__()
        self.latent, self.size = latent, 64
        self.stage_one = SmallGenerator(latent, size=16)
        self.stage_two = StageTwoGenerator(latent, sketch=16)

    def sketches(self, latent: torch.Tensor) -> torch.Tensor:
        """What stage I makes: (N, 3, 16, 16)."""
        return self.stage_one(latent)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        return self.stage_two(self.stage_one(latent), latent)


def stack_discriminators() -> tuple[SmallDiscriminator, SmallDiscriminator]:
    """One discriminator a stage: for 16 px sketches and for 64 px pictures."""
    sketches = SmallDiscriminator(width=32, size=16, spectral=True)
    return sketches, SmallDiscriminator(width=16, size=64, spectral=True)
