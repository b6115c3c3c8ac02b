"""The feature network of FID-lite: 64 numbers that say what a 32 px picture shows.

FID compares pictures through 2,048 features of an Inception network trained on ImageNet, 24 million
weights that the course does not ship. This one has under 0.3 million, trained on bundled data alone
(``tools/recipes/features.py``): what kind of picture it is, which digit, which attributes a
portrait has, and whether the picture was spoilt (blurred, noisy, blocky, shuffled …), so that its
features move when a generator's pictures are wrong. Distances in it are called FID-**lite**:
values from different feature networks cannot be compared.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets import weights
from gansec_lib.nets.small import expect_square

FEATURES, SIZE = 64, 32
SOURCES = ("faces", "digits", "photos", "xrays", "textures")
YES_NO = (
    "male", "long_hair", "glasses", "beard", "smile", "bald", "fringe", "curly_hair", "grey_hair",
)  # fmt: skip
DEGREES = (
    "age", "skin_tone", "hair_darkness", "pose_yaw", "pose_pitch", "pose_roll", "light_x",
    "mouth_open", "exposure",
)  # fmt: skip
SPOILT = ("clean", "blurred", "noisy", "blocky", "shuffled", "blended")


class FeatureNetwork(nn.Module):
    """Pictures in [−1, 1] to 64 features, and from those to what they were trained to tell.

    >>> network = FeatureNetwork().eval()
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 64])
    """

    def __init__(self):
        super().__init__()

        def block(before, after, kernel, stride):
            return [
                nn.Conv2d(before, after, kernel, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(0.1, inplace=True),
            ]

        self.layers = nn.Sequential(
            *block(3, 16, 3, 1),
            *block(16, 32, 4, 2),
            *block(32, 64, 4, 2),
            *block(64, 64, 3, 1),
            *block(64, 96, 4, 2),
        )
        self.embedding = nn.Linear(96 * 16, FEATURES)
        self.heads = nn.ModuleDict(
            {
                "source": nn.Linear(FEATURES, len(SOURCES)),
                "digit": nn.Linear(FEATURES, 10),
                "yes_no": nn.Linear(FEATURES, len(YES_NO)),
                "degree": nn.Linear(FEATURES, len(DEGREES)),
                "spoilt": nn.Linear(FEATURES, len(SPOILT)),
            }
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, 32, 32) in [−1, 1] to features (N, 64)."""
        expect_square(images, SIZE)
        return self.embedding(self.layers(images).flatten(1))

    def answers(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        """What each head says: logits, and for ``degree`` standardised values."""
        hidden = F.leaky_relu(features, 0.1)
        return {name: head(hidden) for name, head in self.heads.items()}


def at_feature_size(images: torch.Tensor) -> torch.Tensor:
    """uint8 (N, 1 or 3, H, W) to float32 (N, 3, 32, 32) in [−1, 1].

    Another size is resized with a low-pass filter first (bilinear, antialiased): without it, how a
    picture was made small changes its features (Parmar, Zhang, Zhu 2022). Grey is repeated.

    >>> at_feature_size(torch.zeros(2, 1, 48, 40, dtype=torch.uint8)).shape
    torch.Size([2, 3, 32, 32])
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ParameterError(
            f"images: expected uint8 (N, 1 or 3, H, W), got {images.dtype} {tuple(images.shape)}"
        )
    light = images.float() / 127.5 - 1.0
    if images.shape[2:] != (SIZE, SIZE):
        light = F.interpolate(
            light, size=(SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False
        )
    return light.expand(-1, 3, -1, -1)


def load() -> FeatureNetwork:
    """The shipped network, in evaluation mode."""
    return weights.load("features_lite", FeatureNetwork()).requires_grad_(False)


@torch.no_grad()
def embed(images: torch.Tensor, network: nn.Module | None = None, batch: int = 500) -> torch.Tensor:
    """Features of uint8 pictures: (N, C, H, W) to float32 (N, 64), in batches.

    Raises DataMissingError where the shipped weights are not there.
    """
    network = network or load()
    parts = [network(at_feature_size(part)) for part in images.split(batch)]
    return torch.cat(parts) if parts else torch.empty(0, FEATURES)


@torch.no_grad()
def describe(images: torch.Tensor, network: nn.Module | None = None) -> torch.Tensor:
    """What each portrait shows: uint8 (N, C, H, W) to float32 (N, 18).

    Nine yes-or-no answers as logits (``YES_NO``), nine standardised degrees (``DEGREES``). The 64
    features notice every flaw of the drawing, so that small GANs have precision 0 in them; these
    answers are taught to ignore it: precision and recall in them compare *contents*.
    """
    network = network or load()
    answers = network.answers(embed(images, network))
    return torch.cat([answers["yes_no"], answers["degree"]], dim=1)


@torch.no_grad()
def standardise(network: FeatureNetwork, features: torch.Tensor) -> None:
    """Rescale the embedding so that each of ``features`` (N, 64) has deviation 1, heads unchanged.

    The heads see a leaky rectifier of the features, which commutes with positive scaling.
    """
    spread = features.std(0).clamp_min(1e-6)
    network.embedding.weight /= spread[:, None]
    network.embedding.bias /= spread
    for head in network.heads.values():
        head.weight *= spread


@torch.no_grad()
def probabilities(features: torch.Tensor, network: nn.Module, of: str = "digit") -> torch.Tensor:
    """p(class | picture), float64: (N, 64) to (N, K), each row summing to 1.

    ``of="digit"``: the ten digits. ``of="source"``: five kinds of picture. ``of="portrait"``: eight
    kinds of portrait, every combination of long hair, beard and smile, taken as independent.
    """
    answers = network.answers(features)
    if of in ("digit", "source"):
        return torch.softmax(answers[of].double(), dim=1)
    if of != "portrait":
        raise ParameterError(f"of: expected digit, source or portrait, got {of!r}")
    chances = torch.sigmoid(answers["yes_no"].double())
    joint = torch.ones(len(features), 1, dtype=torch.float64)
    for name in ("long_hair", "beard", "smile"):
        chance = chances[:, YES_NO.index(name), None]
        joint = torch.cat([joint * (1 - chance), joint * chance], dim=1)
    return joint
