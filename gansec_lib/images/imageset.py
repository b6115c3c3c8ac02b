"""``ImageSet``: pictures as bytes, with whatever truth is known about them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.convert import check_bytes


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """A set of equally sized pictures and what is known about each.

    Parameters
    ----------
    images : uint8 tensor (N, C, H, W)
        C is 1 (grey) or 3 (RGB).
    identities : int64 tensor (N,), optional
        Who or what is shown; the same number means the same person.
    attributes : dict of tensors (N,), optional
        For example ``{"glasses": bool, "age": float}``.
    landmarks : float32 tensor (N, L, 2), optional
        Pixel coordinates (x, y), x to the right, y down, (0, 0) the centre of the first pixel.
    landmark_names : tuple of str
        The L names, in order.
    masks : dict of bool tensors (N, H, W), optional
    labels : int64 tensor (N,), optional
        Class numbers; ``label_names`` gives their names.
    names : tuple of str
        One name a picture: a file name, or set name and index.
    skipped : tuple of (file, reason)
        Files of the source that could not be read.
    source : str
        What ``load`` was asked for.
    """

    images: torch.Tensor
    identities: torch.Tensor | None = None
    attributes: dict[str, torch.Tensor] | None = None
    landmarks: torch.Tensor | None = None
    landmark_names: tuple[str, ...] = ()
    masks: dict[str, torch.Tensor] | None = None
    labels: torch.Tensor | None = None
    label_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = field(default=())
    source: str = ""

    def __post_init__(self):
        images = check_bytes(self.images)
        if images.shape[1] not in (1, 3):
            raise ParameterError(f"images: expected 1 or 3 channels, got {images.shape[1]}")
        for name, value in self._per_image():
            if len(value) != len(images):
                raise ParameterError(
                    f"{name}: expected one entry for each of {len(images)} images, got {len(value)}"
                )

        for key, mask in (self.masks or {}).items():
            if mask.dtype != torch.bool or mask.shape[1:] != images.shape[2:]:
                raise ParameterError(
                    f"masks[{key!r}]: expected bool (N, {images.shape[2]}, {images.shape[3]}), "
                    f"got {mask.dtype} {tuple(mask.shape)}"
                )
        points = self.landmarks
        if points is not None and (points.ndim != 3 or points.shape[2] != 2):
            raise ParameterError(f"landmarks: expected (N, L, 2), got {tuple(points.shape)}")
        named = len(self.landmark_names)
        if points is not None and named and named != points.shape[1]:
            raise ParameterError(f"landmark_names: expected {points.shape[1]}, got {named}")

    def __repr__(self) -> str:
        """Short: what there is, not the pixels.

        >>> ImageSet(torch.zeros(4, 1, 8, 6, dtype=torch.uint8), source="a folder")
        ImageSet('a folder': 4 pictures, 1×8×6)
        """
        count, *shape = self.images.shape
        parts = [f"{count} pictures", "×".join(map(str, shape))]
        parts += [n for n in ("identities", "labels") if getattr(self, n) is not None]
        for name in ("attributes", "masks"):
            if values := getattr(self, name):
                parts.append(f"{name} {', '.join(values)}")
        if self.landmarks is not None:
            parts.append(f"{self.landmarks.shape[1]} landmarks")
        if self.skipped:
            parts.append(f"{len(self.skipped)} files skipped")
        return f"ImageSet({self.source!r}: {', '.join(parts)})"

    def _per_image(self):
        """(name, sequence) of everything that has one entry a picture, except the pictures."""
        for name in ("identities", "landmarks", "labels"):
            if getattr(self, name) is not None:
                yield name, getattr(self, name)
        for group in ("attributes", "masks"):
            for key, value in (getattr(self, group) or {}).items():
                yield f"{group}[{key!r}]", value
        if self.names:
            yield "names", self.names

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index) -> ImageSet:
        """The chosen pictures (slice, list, index tensor or bool mask), with their truth.

        >>> pictures = ImageSet(torch.zeros(4, 1, 8, 6, dtype=torch.uint8), names=tuple("abcd"))
        >>> pictures[1:3].names
        ('b', 'c')
        """
        rows = torch.arange(len(self))[index]
        rows = rows.reshape(-1)

        def pick(value):
            if isinstance(value, torch.Tensor):
                return value[rows]
            if isinstance(value, dict):
                return {key: entry[rows] for key, entry in value.items()}
            return tuple(value[i] for i in rows.tolist()) if value else ()

        per_image = ("images", "identities", "attributes", "landmarks", "masks", "labels", "names")
        chosen = {
            f.name: pick(getattr(self, f.name))
            for f in fields(self)
            if f.name in per_image and getattr(self, f.name) is not None
        }
        return replace(self, **chosen)
