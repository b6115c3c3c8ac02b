"""What all systems with networks share: where weights come from, and one way to train them.

A network's weights are shipped, or those of an untrained twin, until ``train`` or ``System.load``
brings others. Each paper's file says how its network is built and what it is trained with; the
rest stands here once.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib import files
from gansec_lib import images as library
from gansec_lib.errors import ParameterError, near_miss, shown
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.profiles import check_profile
from gansec_lib.roles import System, check_images
from gansec_lib.train import History, Player, Trainer
from gansec_lib.train.checks import check_count, check_minutes

SETTINGS = {  # what ``train`` hands on; the seed is the system's own
    name
    for name, taken in inspect.signature(Trainer).parameters.items()
    if taken.kind is taken.KEYWORD_ONLY and name not in ("seed", "out")
}


@dataclass
class Training:
    """What one network is trained with.

    Parameters
    ----------
    networks : dict of str to nn.Module
        All that take part; the first one is kept.
    players : list of Player
    data : tensor, or tuple of tensors
    batch : int
        Rows of a batch; fewer where the data has fewer.
    settings : dict
        What else ``Trainer`` takes: ``ema``, ``augment``.
    """

    networks: dict[str, nn.Module]
    players: list[Player]
    data: torch.Tensor | tuple[torch.Tensor, ...]
    batch: int = 16
    settings: dict = field(default_factory=dict)


class Slot:
    """The place of one network in a system. The network is made when it is first asked for.

    Parameters
    ----------
    build : callable
        ``build() -> nn.Module`` with any weights.
    given : callable
        ``given(network) -> nn.Module`` fills it with the weights that the system's options name.
    training : callable
        ``training(images, profile, steps) -> Training``; ``images`` is None where none were given.
    steps : dict of str to int
        How many, for each profile.
    learns_from : str
        What it learns when no pictures are given.
    takes_pictures : bool
        Whether it can learn from pictures.
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        given: Callable[[nn.Module], nn.Module],
        training: Callable[..., Training],
        steps: dict[str, int],
        learns_from: str,
        takes_pictures: bool = True,
    ):
        self.build, self.given, self.training, self.steps = build, given, training, steps
        self.learns_from, self.takes_pictures = learns_from, takes_pictures
        self.own = False  # its weights were learned here, or read from a file

    @cached_property
    def network(self) -> nn.Module:
        """The network, in evaluation mode."""
        network = self.build()
        return network.eval() if self.own else self.given(network)

    def plan(self, images, profile: str, steps: int, seed: int) -> Training:
        """Fresh networks and data; the caller's random numbers stay as they are."""
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            return self.training(images, profile, steps)

    def fit(self, plan: Training, steps: int, seed: int, minutes, **settings) -> History:
        """Train, and keep the network if it made a step."""
        rows = plan.data[0] if isinstance(plan.data, tuple) else plan.data
        batch = min(plan.batch, len(rows))
        settings = {"precision": "fp32"} | plan.settings | settings
        trainer = Trainer(plan.networks, plan.players, plan.data, batch, seed=seed, **settings)
        history = trainer.fit(steps, minutes)
        if trainer.step:
            name = next(iter(plan.networks))
            network = trainer.ema.get(name, trainer.networks[name])
            self.network, self.own = network.cpu().eval(), True
        return history


class Learned(System):
    """A system whose networks stand in ``slots``; ``networks``, ``save``, ``load`` and ``train``
    follow from them.

    Attributes
    ----------
    slots : dict of str to Slot
        Filled by the subclass in ``__post_init__``.
    history : dict of str to History
        Of the networks trained here.
    """

    learns = True
    seed = 0

    def __post_init__(self):
        super().__post_init__()
        self.slots: dict[str, Slot] = {}
        self.history: dict[str, History] = {}

    def networks(self) -> dict[str, nn.Module]:
        """The networks it computes with, by name."""
        return {name: slot.network for name, slot in self.slots.items()}

    @property
    def own_weights(self) -> bool:
        """Whether a network's weights were learned here or read from a file."""
        return any(slot.own for slot in self.slots.values())

    @own_weights.setter
    def own_weights(self, own: bool) -> None:
        for slot in self.slots.values():
            slot.own = own

    def train(
        self,
        images=None,
        profile: str = "laptop",
        *,
        networks: Sequence[str] | None = None,
        steps: int | None = None,
        minutes: float | None = None,
        out: str | Path | None = None,
        **settings,
    ) -> Learned:
        """Train its networks from fresh weights, and compute with them from now on.

        Parameters
        ----------
        images : uint8 (N, C, H, W) or ImageSet, optional
            What to learn from; bundled pictures where left out. Networks that imitate chaotic
            orbits or noise take none.
        profile : {"smoke", "laptop", "gpu"}
            How many steps, and on how much data.
        networks : sequence of str, optional
            Which of ``networks()`` to train; all of them where left out.
        steps : int, optional
            Instead of the profile's number.
        minutes : float, optional
            Stop when they are over. The same call with the same ``out`` goes on.
        out : path, optional
            Folder for checkpoints, one inside for each network.
        **settings
            Anything else that ``Trainer`` takes by name: ``show``, ``checkpoint_every``,
            ``device``.

        Raises
        ------
        ParameterError
            An unknown profile, network or setting, a number of steps or minutes or a folder that
            cannot be, or pictures that it cannot learn from. Nothing has been trained by then.
        TrainingError
            A loss or a weight became NaN or infinite; the system stays as it was.
        """
        check_profile(profile)
        for name in settings:
            if name not in SETTINGS:
                hint = near_miss(name, sorted(SETTINGS))
                raise ParameterError(f"{name}: train takes no such setting; {hint}")
        if steps is not None:
            check_count("steps", steps)
        check_minutes(minutes)
        folder = None if out is None else files.as_path(out, "out", of="folder")
        known = list(self.slots)
        listed = isinstance(networks, list | tuple)
        good = listed and networks and all(name in known for name in networks)
        if networks is not None and not good:
            raise ParameterError(f"networks: expected some of {known}, got {shown(networks)}")
        chosen = tuple(networks or known)
        takers = [name for name in chosen if self.slots[name].takes_pictures]
        if images is not None:
            check_images(getattr(images, "images", images))
            if not takers:
                learned = ", ".join(self.slots[name].learns_from for name in chosen)
                raise ParameterError(
                    f"images: expected None, because {self.key_name} learns {learned} and no "
                    f"pictures; call train(profile={profile!r})"
                )
        many, plans = {}, {}
        for name in chosen:  # what cannot be learned from is refused before any training
            slot, given = self.slots[name], images if name in takers else None
            many[name] = slot.steps[profile] if steps is None else steps
            plans[name] = slot.plan(given, profile, many[name], self.seed)
        end = None if minutes is None else time.monotonic() + 60 * minutes
        for name, plan in plans.items():
            left = None if end is None else max(0.0, (end - time.monotonic()) / 60)
            place = None if folder is None else folder / name
            self.history[name] = self.slots[name].fit(
                plan, many[name], self.seed, left, out=place, **settings
            )
        return self


def quick_adam(parameters) -> torch.optim.Optimizer:
    """Adam at 0.001, for networks that play against nobody, or hardly."""
    return torch.optim.Adam(parameters, lr=1e-3)


def patches(photos: int, scans: int, size: int = 64) -> torch.Tensor:
    """Grey crops of bundled photographs and X-rays, uint8 (photos + scans, 1, size, size)."""
    parts = [("photos", photos), ("xrays", scans)]
    return torch.cat(
        [library.load(kind, size=size, count=n, colour=False).images for kind, n in parts]
    )


def grey_squares(images, size: int = 64) -> torch.Tensor:
    """Whole pictures made grey, shrunk or enlarged to a square, uint8 (N, 1, size, size).

    >>> grey_squares(torch.full((2, 3, 70, 130), 9, dtype=torch.uint8)).shape
    torch.Size([2, 1, 64, 64])
    """
    light = to_network(getattr(images, "images", images).cpu()).mean(1, keepdim=True)
    if light.shape[2:] != (size, size):
        light = F.interpolate(light, (size, size), mode="area")
    return to_bytes(light)


def tiles(images, side: int = 64, least: int = 32) -> torch.Tensor:
    """Grey squares cut from pictures, uint8 (M, 1, side, side): what the small networks learn from.

    Every channel counts as a grey picture and is cut into squares that do not overlap. Pictures
    smaller than ``side`` give squares of the largest multiple of 4 that fits.

    Raises
    ------
    ParameterError
        Pictures with a side below ``least`` pixels.

    >>> tiles(torch.zeros(2, 3, 70, 130, dtype=torch.uint8)).shape
    torch.Size([12, 1, 64, 64])
    """
    images = check_images(getattr(images, "images", images)).cpu()
    side = min(side, *(size // 4 * 4 for size in images.shape[2:]))
    if side < least:
        raise ParameterError(
            f"images: expected sides of {least} pixels or more, got {tuple(images.shape)}; "
            f"larger pictures hold something to learn"
        )
    cut = images.unfold(2, side, side).unfold(3, side, side)
    return cut.reshape(-1, 1, side, side).contiguous()
