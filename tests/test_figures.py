"""The figures: what they show, how large they are, and what they refuse."""

import io
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from gansec_lib.errors import ParameterError
from gansec_lib.show import figures
from gansec_lib.show import notebook as page


@pytest.fixture(autouse=True)
def style():
    """The course's style inside, everybody's outside; nothing left open."""
    with plt.style.context(page.STYLE):
        yield
    assert not plt.get_fignums(), "a figure was left open"


def pictures(n=3, c=3, h=6, w=9, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, c, h, w), generator=rng, dtype=torch.uint8)


def shown(ax):
    return np.asarray(ax.images[0].get_array())


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("channels", [1, 3])
def test_grid_shows_the_bytes_that_came_in(channels):
    images = pictures(5, channels)
    figure = figures.show_grid(images, title="Noise", labels=list("abcde"))
    drawn = [ax for ax in figure.axes if ax.get_visible()]
    for ax, image in zip(drawn, images, strict=True):
        wanted = image[0] if channels == 1 else image.permute(1, 2, 0)
        assert np.array_equal(shown(ax), wanted.numpy())
        assert ax.images[0].get_clim() == (0, 255)
    assert figure.get_suptitle() == "Noise"


def test_grid_takes_what_lessons_have():
    from gansec_lib.images import ImageSet

    for images, count in (
        (ImageSet(pictures(4)), 4),
        (pictures(2)[0], 1),
        (pictures(2, 1)[:, 0], 2),
        (pictures(2).numpy(), 2),
        ([pictures(1)[0], pictures(1, 1, 4, 4)[0]], 2),
        (pictures(1, 1)[0, 0], 1),
    ):
        figure = figures.show_grid(images)
        assert len([ax for ax in figure.axes if ax.images]) == count


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (pictures().float(), "expected uint8 pictures, got float32"),
        (pictures(1, 2), "with C = 1 or 3"),
        (pictures(37), "at most 36 pictures, got 37"),
        (pictures()[:0], "expected (N, C, H, W)"),
    ],
)
def test_grid_refuses(images, words):
    with pytest.raises(ParameterError) as error:
        figures.show_grid(images)
    assert words in str(error.value)


def test_grid_wants_a_label_each():
    with pytest.raises(ParameterError, match="expected 3 labels, got 2"):
        figures.show_grid(pictures(), labels=["a", "b"])


def test_a_full_grid_of_noise_stays_small():
    size = len(figures.png_bytes(figures.show_grid(pictures(36, 3, 64, 64), ncols=6)))
    assert size < 650_000, size


def test_the_same_picture_is_the_same_bytes():
    first, second = (figures.png_bytes(figures.show_grid(pictures())) for _ in range(2))
    assert first == second


def test_panels_difference_gain_and_order():
    plain = pictures(2)
    processed = plain.clone()
    processed[0, :, 0, 0] ^= 8
    figure = figures.show_panels(plain, processed, gain=10, verdict=["first", {"PSNR": "40 dB"}])
    heads = [ax.get_title() for ax in figure.axes[:4]]
    assert heads == ["original", "processed", "difference × 10", "verdict"]
    difference = shown(figure.axes[2])
    assert difference[0, 0].tolist() == [80, 80, 80] and difference.sum() == 240
    assert figure.axes[3].texts[0].get_text() == "first"
    assert figure.axes[7].texts[0].get_text() == "PSNR: 40 dB"


@pytest.mark.parametrize(
    ("step", "gain"), [(0, 200), (1, 200), (2, 100), (20, 10), (60, 2), (200, 1)]
)
def test_panels_choose_a_gain_that_does_not_saturate(step, gain):
    plain = torch.full((1, 1, 8, 6), 20, dtype=torch.uint8)
    figure = figures.show_panels(plain, plain + step)
    assert figure.axes[2].get_title() == f"difference × {gain}"


def test_panels_refuse():
    with pytest.raises(ParameterError, match="expected the shapes of original"):
        figures.show_panels(pictures(1), pictures(1, 3, 9, 6))
    with pytest.raises(ParameterError, match="at most 4 pictures"):
        figures.show_panels(pictures(5), pictures(5))
    with pytest.raises(ParameterError, match="expected 2 entries, got 1"):
        figures.show_panels(pictures(2), pictures(2), verdict=["only one"])


def test_panels_let_you_draw_the_verdict():
    seen = []
    figures.show_panels(pictures(2), pictures(2), verdict=lambda ax, row: seen.append(row))
    assert seen == [0, 1]


def test_histograms_count():
    dark = torch.zeros(1, 1, 4, 5, dtype=torch.uint8)
    dark[0, 0, 0, :2] = 7
    figure = figures.show_histograms(dark)
    counts = figure.axes[0].lines[0].get_ydata()
    assert counts[0] == 18 and counts[7] == 2 and counts.sum() == 20
    assert len(figures.show_histograms(pictures(2)).axes[1].lines) == 3


# ---------------------------------------------------------------- curves, clouds, tables


def test_curves_band_is_lowest_to_highest():
    figure = figures.show_curves({"loss": [[4, 2], [0, 2]]}, x=[10, 20], floor={"best": 1})
    line, floor = figure.axes[0].lines
    assert line.get_xdata().tolist() == [10, 20] and line.get_ydata().tolist() == [2, 2]
    low, high = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1].min(), 4
    assert low == 0 and high == figure.axes[0].collections[0].get_paths()[0].vertices[:, 1].max()
    assert floor.get_ydata()[0] == 1


def test_curves_take_a_history():
    history = SimpleNamespace(
        steps=[5, 10, 15], values={"d": [1.0, 2.0, 3.0], "g": [3.0, 2.0, 1.0]}
    )
    figure = figures.show_curves(history, log=True)
    assert [line.get_xdata().tolist() for line in figure.axes[0].lines] == [[5, 10, 15]] * 2
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["d", "g"]
    assert figure.axes[0].get_yscale() == "log"


def test_scatter_panels_share_limits_and_draw_a_background():
    cloud = torch.tensor([[0.0, 0.0], [2.0, 1.0]])
    calls = []

    def background(grid):
        calls.append(grid.shape)
        return grid[:, 0]

    figure = figures.show_scatter(
        {"step 0": {"real": cloud}, "step 9": {"real": cloud}},
        limits=(-3, 3),
        background=background,
    )
    assert [ax.get_xlim() for ax in figure.axes[:2]] == [(-3, 3)] * 2
    assert calls == [(6400, 2)] * 2
    picture = shown(figure.axes[0])
    assert picture[0, 0] == -3 and picture[0, -1] == 3, "x grows to the right"


def test_table_is_text(capsys):
    figures.show_table(
        [("AES", 7.99912, torch.tensor(3)), ("none", 1.5, 12)],
        columns=["cipher", "entropy", "n"],
        title="Ciphers",
    )
    assert capsys.readouterr().out.splitlines() == [
        "Ciphers",
        "cipher  entropy   n",
        "------  -------  --",
        "AES       7.999   3",
        "none        1.5  12",
    ]
    with pytest.raises(ParameterError, match="names of the columns"):
        figures.show_table([(1, 2)])


# ---------------------------------------------------------------- film, source, notebook output


def test_animation_is_a_film_of_all_frames(monkeypatch):
    published = []
    monkeypatch.setattr(page, "publish", lambda data, text, mime=None: published.append(data))
    frames = torch.zeros(7, 1, 20, 30, dtype=torch.uint8)
    for i, frame in enumerate(frames):
        frame[0, :, i * 4 : i * 4 + 4] = 255
    size = figures.show_animation(frames, seconds=0.05)
    film = Image.open(io.BytesIO(published[0]))
    assert (film.format, film.n_frames, film.size) == ("PNG", 7, (30, 20))
    assert film.info["duration"] == 50 and size == len(published[0])
    for i in (0, 3, 6):
        film.seek(i)
        assert np.array_equal(np.asarray(film.convert("L")) > 127, frames[i, 0].numpy() > 127)


def test_animation_of_figures_and_its_limits():
    def drawing(i):
        figure, ax = plt.subplots(figsize=(2, 1))
        ax.plot([0, i])
        return figure

    assert figures.show_animation([drawing(i) for i in range(3)]) < 30_000
    with pytest.raises(ParameterError, match="2 to 80 frames, got 1"):
        figures.show_animation(pictures(1))
    with pytest.raises(ParameterError, match="more than 400 kB"):
        figures.show_animation(pictures(40, 3, 120, 160))


def test_source_cannot_drift(capsys):
    import inspect

    figures.show_source(figures.png_bytes)
    assert capsys.readouterr().out.strip() == inspect.getsource(figures.png_bytes).strip()


class Shell:
    """As much of a notebook's shell as figures look at."""

    kernel = object()
    execution_count = 3


def test_a_figure_is_shown_once_as_one_png(monkeypatch):
    published = []
    monkeypatch.setattr(page, "notebook", Shell)
    monkeypatch.setattr(page, "publish", lambda data, text, mime=None: published.append(text))
    shell = Shell()
    monkeypatch.setattr(page, "notebook", lambda: shell)
    figure = figures.show_grid(pictures())
    assert len(published) == 1 and published[0].startswith("<Figure size ")
    figure._ipython_display_()  # the same cell ends with it: no twin
    assert len(published) == 1
    shell.execution_count += 1
    figure._ipython_display_()  # a later cell asks for it again
    assert len(published) == 2


def test_style_is_what_it_says():
    assert plt.rcParams["figure.dpi"] == 100 and plt.rcParams["font.family"] == ["DejaVu Sans"]
    colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert [c.lstrip("#") for c in colours[:6]] == [c.lstrip("#") for c in figures.COLOURS[:6]]
