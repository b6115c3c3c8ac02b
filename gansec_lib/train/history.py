"""What happened during training, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass
class History:
    """Losses and samples of a run.

    Attributes
    ----------
    steps : list of int
        1, 2, … the steps that were finished.
    values : dict of str to list of float
        One entry a step: each player's loss under the player's name (the mean over its turns in
        that step), and whatever else its loss function reported.
    seconds : float
        Time spent inside ``fit``, over all sessions of the run.
    samples : list of uint8 tensors (N, C, H, W)
        Pictures from the averaged networks, always of the same latents.
    sample_steps : list of int
        The step at which each of ``samples`` was drawn.
    arithmetic : str
        How the steps were computed: ``"fp32"``, or ``"bf16, channels-last"`` and the like.
    trial : dict of str to float
        Where the trainer chose the arithmetic itself: what it tried, and the seconds that one
        forward and backward pass of all players took.
    """

    steps: list[int] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    samples: list[torch.Tensor] = field(default_factory=list)
    sample_steps: list[int] = field(default_factory=list)
    arithmetic: str = ""
    trial: dict[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, name: str) -> list[float]:
        return self.values[name]

    def record(self, step: int, row: dict[str, float]) -> None:
        """Append one finished step. A name that comes late or stays away is NaN elsewhere."""
        for name in dict.fromkeys([*self.values, *row]):
            column = self.values.setdefault(name, [float("nan")] * len(self.steps))
            column.append(row.get(name, float("nan")))
        self.steps.append(step)

    def last(self) -> dict[str, float]:
        """The newest value of everything.

        >>> history = History()
        >>> history.record(1, {"discriminator": 1.5})
        >>> history.last()
        {'discriminator': 1.5}
        """
        return {name: column[-1] for name, column in self.values.items() if column}
