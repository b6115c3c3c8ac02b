"""MS-SSIM, over five scales, and LPIPS, on the features of a trained network.

uint8 ``(N, C, H, W)``, data range 255.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch

from gansec_lib.errors import DataMissingError, ParameterError
from gansec_lib.files import data_dir
from gansec_lib.metrics.checks import check_pair
from gansec_lib.metrics.metric import Metric, info
from gansec_lib.metrics.quality import gaussian_means

SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # exponents of Wang, Simoncelli, Bovik 2003
SMALLEST_SIDE = 11 * 2 ** (len(SCALES) - 1)
LPIPS_FILE = "alexnet-owt-7be5be79.pth"


def ms_ssim_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Multi-scale structural similarity of each pair, float64 (N,).

    Π_s cs_s^w_s over the four finer scales times SSIM^w of the coarsest; means over channels and
    pixels of a scale; 2 × 2 means between scales; Gaussian window of 11, borders cropped. A
    negative mean counts as 0. Computed on the CPU.

    Raises
    ------
    ParameterError
        If a side is under 176 pixels: the fifth scale would not hold the window.
    """
    check_pair(first, second)
    if min(first.shape[2:]) < SMALLEST_SIDE:
        raise ParameterError(
            f"first: MS-SSIM needs at least {SMALLEST_SIDE} × {SMALLEST_SIDE} pixels for its "
            f"five scales, got {first.shape[2]} × {first.shape[3]}; use ssim"
        )
    one, two = first.cpu(), second.cpu()
    found = torch.ones(len(one), dtype=torch.float64)
    for scale, exponent in enumerate(SCALES):
        if scale:
            one, two = (
                torch.nn.functional.avg_pool2d(side.to(torch.float64), 2) for side in (one, two)
            )
        means = gaussian_means(one, two).mean(1)
        last = scale == len(SCALES) - 1
        found *= means[:, 0 if last else 1].clamp_min(0.0) ** exponent
    return found


def ms_ssim(first: torch.Tensor, second: torch.Tensor, name: str = "ms_ssim") -> Metric:
    """Mean of the pictures' MS-SSIM, no verdict."""
    words = "five scales, gaussian window of 11, borders cropped, channels pooled; data range 255"
    return info(name, ms_ssim_values(first, second).mean().item(), words)


# ---------------------------------------------------------------- LPIPS


def lpips_values(first: torch.Tensor, second: torch.Tensor, batch: int = 16) -> torch.Tensor:
    """LPIPS 0.1 (AlexNet) of each pair, float64 (N,): 0 for equal pictures, larger is less alike.

    Zhang et al. 2018, equation 1: at five layers, features normalised over channels, squared gaps
    weighted by the learned linear layer, mean over places, summed over layers.

    Raises
    ------
    DataMissingError
        The AlexNet weights are not here; the message says what to put where.
    ParameterError
        Under 32 pixels a side, or neither 1 nor 3 channels.
    """
    check_pair(first, second)
    if min(first.shape[2:]) < 32 or first.shape[1] not in (1, 3):
        raise ParameterError(
            f"first: LPIPS needs 1 or 3 channels and at least 32 × 32 pixels, "
            f"got {tuple(first.shape[1:])}"
        )
    network, weights = lpips_network()
    found = []
    with torch.no_grad():
        for one, two in zip(first.cpu().split(batch), second.cpu().split(batch), strict=True):
            total = torch.zeros(len(one), dtype=torch.float64)
            for a, b, weight in zip(
                _features(network, one), _features(network, two), weights, strict=True
            ):
                gap = (a - b).square() * weight[None, :, None, None]
                total += gap.sum(1).mean((1, 2)).to(torch.float64)
            found.append(total)
    return torch.cat(found)


def lpips(first: torch.Tensor, second: torch.Tensor, name: str = "lpips") -> Metric:
    """Mean of the pictures' LPIPS, no verdict."""
    words = "LPIPS 0.1, AlexNet, mean over places; bytes mapped to [−1, 1]"
    return info(name, lpips_values(first, second).mean().item(), words, ideal=0.0)


def lpips_network():
    """AlexNet's feature layers, and the five learned weight vectors that torchmetrics carries."""
    path = data_dir() / LPIPS_FILE
    if not path.exists():
        raise DataMissingError(
            f"lpips: no weights; put torchvision's release file {LPIPS_FILE} (AlexNet, about "
            f"233 MB) in {path.parent}. ssim, ms_ssim and psnr_hvs_m need no download."
        )
    return _read_network(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read_network(path: str, changed: int):
    from torchvision.models import alexnet

    network = alexnet(weights=None)
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as problem:
        raise DataMissingError(
            f"lpips: {path} does not hold torchvision's AlexNet weights ({problem}); "
            f"put the release file there again"
        ) from problem
    folder = Path(find_spec("torchmetrics").origin).parent / "functional/image/lpips_models"
    learned = torch.load(folder / "alex.pth", map_location="cpu", weights_only=True)
    weights = [learned[f"lin{layer}.model.1.weight"].flatten() for layer in range(5)]
    return network.features.eval(), weights


def _features(network, images: torch.Tensor) -> list[torch.Tensor]:
    """The five ReLU outputs, each scaled to length 1 over channels."""
    light = images.to(torch.float32) / 127.5 - 1.0
    if light.shape[1] == 1:
        light = light.expand(-1, 3, -1, -1)
    shift = torch.tensor([-0.030, -0.088, -0.188])[:, None, None]
    scale = torch.tensor([0.458, 0.448, 0.450])[:, None, None]
    flow, found = (light - shift) / scale, []
    for layer in network[:12]:  # the last pooling feeds no tap
        flow = layer(flow)
        if isinstance(layer, torch.nn.ReLU):
            # Not in place: the next layer reads this one too.
            found.append(flow / (flow.square().sum(1, keepdim=True).sqrt() + 1e-8))
    return found
