"""Protectors and who names the people all the same: controls, leaks, known answers."""

import numpy as np
import pytest
import torch

from gansec_lib import images, systems
from gansec_lib.attacks.on_people import gallery as galleries
from gansec_lib.attacks.on_people import readable, recognisers, reidentify
from gansec_lib.attacks.on_people.table import RECOGNISERS
from gansec_lib.errors import ParameterError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.roles import Protector


def noise(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


class Untouched(Protector):
    """Protects nobody."""

    key_name = "untouched"

    def protect(self, images):
        return images.clone()


class Grey(Protector):
    """Everybody becomes the same grey field: nobody can be named."""

    key_name = "grey"

    def protect(self, images):
        return torch.full_like(images, 128)


@pytest.fixture(scope="module")
def faces():
    """32 drawn people, 8 pictures each."""
    return images.load("faces", size=64, count=256)


@pytest.fixture(scope="module")
def orl(shared_data):
    """39 real people, 10 pictures each."""
    return images.load(shared_data / "orl_faces", 64, None, False, split="all")


# ---------------------------------------------------------------- protectors


def test_blur_is_the_gaussian_it_says():
    point = torch.zeros(1, 1, 65, 81, dtype=torch.uint8)
    point[0, 0, 32, 40] = 255
    blurred = systems.build("blur:sigma=0.02").protect(point)[0, 0].double()
    sigma = 0.02 * 65
    rows = torch.arange(65.0)[:, None] - 32
    columns = torch.arange(81.0)[None] - 40
    expected = torch.exp(-(rows**2 + columns**2) / (2 * sigma**2))
    expected = 255 * expected / expected.sum()
    assert (blurred - expected).abs().max() <= 0.75  # rounding, and the window's end
    flat = torch.full((2, 3, 9, 5), 77, dtype=torch.uint8)
    assert torch.equal(systems.get("blur").protect(flat), flat)


def test_pixelate_by_hand():
    ramp = torch.arange(30).reshape(1, 1, 5, 6).to(torch.uint8)
    tiles = systems.build("pixelate:block=0.4").protect(ramp)[0, 0]
    assert tiles[0].tolist() == [4, 4, 6, 6, 8, 8]  # 3.5, 5.5 and 7.5, halves to even
    assert tiles[4].tolist() == [24, 24, 26, 26, 28, 28]  # the last row of squares is cut
    assert torch.equal(tiles[0], tiles[1])
    tiles = systems.build("pixelate:block=0.6").protect(ramp)[0, 0]
    assert tiles[0].tolist() == [7, 7, 7, 10, 10, 10]
    assert tiles[4].tolist() == [22, 22, 22, 25, 25, 25]


@pytest.mark.parametrize("label", ["blur", "pixelate", "blur:sigma=1.0", "pixelate:block=1.0"])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 1, 7), (1, 1, 5, 3), (2, 3, 33, 20)])
def test_any_shape_is_protected(label, shape):
    made = systems.build(label).protect(noise(shape))
    assert made.shape == shape and made.dtype == torch.uint8


def test_one_setting_means_the_same_at_every_size():
    small = images.load("photos", size=64, count=4).images
    large = small.repeat_interleave(4, 2).repeat_interleave(4, 3)
    for label in ("blur", "pixelate"):
        protector = systems.get(label)
        one = protector.protect(small).double()
        other = torch.nn.functional.avg_pool2d(protector.protect(large).double(), 4)
        assert (one - other).abs().mean() < 1


# ---------------------------------------------------------------- gallery


def test_no_picture_is_enrolled_and_asked_for(faces):
    found = galleries.part(faces, seed=3)
    assert not set(found.enrolled.tolist()) & set(found.probes.tolist())
    assert len(found.enrolled) == len(found.probes) == 128 and found.people == 32
    who = faces.identities.unique()
    assert torch.equal(who[found.owners], faces.identities[found.enrolled])
    assert torch.equal(who[found.truth], faces.identities[found.probes])


def test_a_copy_of_a_picture_is_no_second_picture():
    pictures = noise((6, 1, 16, 16))
    pictures[1], pictures[4] = pictures[0], pictures[3]
    owners = torch.tensor([5, 5, 5, 8, 8, 8])
    found = galleries.part(ImageSet(pictures, owners))
    chosen = pictures[torch.cat([found.enrolled, found.probes])].flatten(1)
    assert len(chosen.unique(dim=0)) == len(chosen) == 4
    with pytest.raises(ParameterError, match="two people with two different pictures"):
        galleries.part(ImageSet(pictures[[0, 1, 3, 4]], owners[[0, 1, 3, 4]]))


def test_without_identities_it_is_said():
    with pytest.raises(ParameterError, match="expected identities, got none"):
        reidentify.reidentify(Grey(), ImageSet(noise((4, 1, 16, 16))))


# ---------------------------------------------------------------- recognisers


@pytest.mark.parametrize("name", RECOGNISERS)
def test_a_recogniser_finds_people_that_are_far_apart(name):
    rng = torch.Generator().manual_seed(0)
    centres = 5 * torch.randn(6, 40, generator=rng).double()
    owners = torch.arange(6).repeat(4)
    rows = centres[owners] + 0.3 * torch.randn(24, 40, generator=rng).double()
    asked = centres + 0.3 * torch.randn(6, 40, generator=rng).double()
    distances = RECOGNISERS[name](rows, owners, asked)
    assert distances.shape == (6, 6)
    assert distances.argmin(1).tolist() == list(range(6))


@pytest.mark.parametrize("name", RECOGNISERS)
def test_a_recogniser_names_strangers_no_better_than_chance(name):
    """Many galleries of noise: hits as binomial as guessing, so the limit of chance holds."""
    hits, over, tries = 0, 0, 120
    for seed in range(tries):
        rng = torch.Generator().manual_seed(seed)
        owners = torch.arange(10).repeat(3)
        rows = torch.randn(30, 64, generator=rng).double()
        asked = torch.randn(40, 64, generator=rng).double()
        truth = torch.arange(10).repeat(4)
        found = RECOGNISERS[name](rows, owners, asked).argmin(1)
        right = int((found == truth).sum())
        hits, over = hits + right, over + (right > 10)  # P(more than 10 of 40) = 0.0015
    assert hits == pytest.approx(0.1 * 40 * tries, abs=4 * (40 * tries * 0.09) ** 0.5)
    assert over <= 3


def test_features_do_not_see_brightness_and_contrast():
    picture = noise((1, 1, 32, 48)) // 4 + 40
    brighter = picture * 2 + 20
    one, other = recognisers.features(picture), recognisers.features(brighter)
    assert torch.allclose(one, other, atol=1e-9)
    assert recognisers.features(torch.full((1, 3, 20, 20), 9, dtype=torch.uint8)).abs().max() == 0


# ---------------------------------------------------------------- re-identification


def rates(found):
    return {(a.name, a.setting): a.score for a in [*found.attempts, *found.controls]}


def test_controls_on_drawn_faces(faces):
    found = reidentify.reidentify(Untouched(), faces)
    assert not found.left_out
    got = rates(found)
    assert got["fisherfaces", "in clear"] > 0.5  # chance is 1/32
    for name in RECOGNISERS:
        assert got[name, "noise"] <= 11 / 128
        assert got[name, "naive"] == got[name, "in clear"]  # nothing was protected
        assert got[name, "adapted"] == got[name, "in clear"]
    control = found.controls[0]
    assert control.chance == 1 / 32 and control.verdict == "in part"
    assert control.details["interval"][0] > control.details["limit"]


def test_nobody_is_named_where_all_pictures_are_equal(faces):
    found = reidentify.reidentify(Grey(), faces)
    assert not found.left_out
    assert all(attempt.verdict == "held" for attempt in found.attempts)
    assert max(attempt.score for attempt in found.attempts) <= 1 / 32


def test_pictures_of_noise_are_named_by_chance_and_a_leak_shows(faces, monkeypatch):
    strangers = ImageSet(noise((240, 1, 24, 24)), torch.arange(240) % 20)
    found = reidentify.reidentify(Untouched(), strangers)
    assert not found.attempts  # the positive control fails, and says so
    assert list(found.left_out) == list(RECOGNISERS)
    assert all("prove nothing" in why for why in found.left_out.values())
    assert all(control.verdict == "held" for control in found.controls)

    def leaking(pictures, seed=0):
        honest = galleries.part(pictures, seed)
        return galleries.Gallery(
            honest.enrolled, honest.enrolled, honest.owners, honest.owners, honest.people
        )

    monkeypatch.setattr(reidentify, "part", leaking)
    spoiled = rates(reidentify.reidentify(Untouched(), strangers))
    assert spoiled["nearest_pixels", "in clear"] == 1.0  # what the honest parting prevents


def test_a_recogniser_that_knows_the_answers_is_caught(faces):
    truth = galleries.part(faces).truth

    def cheat(enrolled, owners, probes):
        return 1 - torch.nn.functional.one_hot(truth, int(owners.max()) + 1).double()

    found = reidentify.reidentify(Grey(), faces, recognisers={"cheat": cheat})
    assert not found.attempts
    assert "leaks from the gallery" in found.left_out["cheat"]


def test_adapting_undoes_blur_and_pixelate_on_real_faces(orl):
    for label in ("blur:sigma=0.12", "pixelate:block=0.25"):
        found = reidentify.reidentify(systems.build(label), orl)
        assert not found.left_out
        got = rates(found)
        assert got["fisherfaces", "in clear"] > 0.93
        assert got["fisherfaces", "noise"] <= 13 / 195
        naive = max(got[name, "naive"] for name in RECOGNISERS)
        adapted = got["fisherfaces", "adapted"]
        assert adapted > naive + 0.2 and adapted > 0.7, (label, naive, adapted)


def test_adapting_helps_on_drawn_faces(faces):
    got = rates(reidentify.reidentify(systems.build("blur:sigma=0.12"), faces))
    assert got["fisherfaces", "adapted"] > got["fisherfaces", "naive"]
    assert got["fisherfaces", "adapted"] > 0.3


def test_a_protector_that_changes_the_shape_is_named(faces):
    class Smaller(Untouched):
        def protect(self, images):
            return images[:, :, ::2, ::2]

    with pytest.raises(ParameterError, match="protector: expected pictures of shape"):
        reidentify.reidentify(Smaller(), faces)


# ---------------------------------------------------------------- what can be read


def test_attributes_and_landmarks_are_read_in_clear_and_lost_in_grey(faces):
    rare = {"rare": torch.arange(len(faces)) < 3, **faces.attributes}
    known = ImageSet(faces.images, faces.identities, rare)
    clear = {r.name: r for r in readable.attributes(known, Untouched().protect(faces.images))}
    assert {"male", "glasses"} <= clear.keys() and not {"rare", "age"} & clear.keys()
    assert all(r.clear == r.naive == r.adapted for r in clear.values())
    assert np.mean([r.clear for r in clear.values()]) > 0.65
    grey = readable.attributes(faces, Grey().protect(faces.images))
    assert all(r.adapted == 0.5 for r in grey)
    points = readable.landmarks(faces, faces.images)
    assert points.clear < 0.9 * points.guess
    lost = readable.landmarks(faces, Grey().protect(faces.images))
    assert lost.adapted == pytest.approx(lost.guess, rel=1e-6) and lost.clear == points.clear


def test_nobody_is_in_both_halves_of_the_readers(faces):
    """With a label that is the person's own, whoever met the person would read it."""
    rng = torch.Generator().manual_seed(1)
    coin = torch.rand(int(faces.identities.max()) + 1, generator=rng) < 0.5
    own = ImageSet(faces.images, faces.identities, {"coin": coin[faces.identities]})
    (found,) = readable.attributes(own, faces.images)
    assert 0.2 < found.clear < 0.8


def test_sets_without_truth_read_nothing():
    bare = ImageSet(noise((20, 1, 16, 16)))
    assert readable.attributes(bare, bare.images) == []
    assert readable.landmarks(bare, bare.images) is None
