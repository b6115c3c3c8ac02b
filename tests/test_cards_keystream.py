"""A key generator's card: a good one passes, a collapsed one shows red, the twin stands beside."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from report_cases import card

from gansec_lib import systems
from gansec_lib.errors import ParameterError
from gansec_lib.metrics.streams import (
    distribution_distance,
    law,
    law_learned,
    window_correlation,
)
from gansec_lib.report import page
from gansec_lib.roles import KeyGenerator, one_of
from gansec_lib.scorecards import randomness
from gansec_lib.scorecards.keystream import COMPARED, PANELS
from gansec_lib.scorecards.measuring import ALPHA

FEW = (3, 100_000)  # sequences and bits for SP 800-22
QUESTIONS = [question.name for _, asked in PANELS.values() for question in asked]


def pinned(key, nonce, n):
    """Numbers in [−1, 1) that follow from key and nonce, float64 (n,)."""
    stream = systems.get("aes_ctr").keystream(key, nonce, 4 * n).numpy()
    return torch.from_numpy(stream.view("<u4").astype(np.float64) / 2**31 - 1)


@dataclass(eq=False, repr=False)
class Collapsed(KeyGenerator):
    """Nearly the same numbers under every key; the modular rule hides it from every test."""

    key_name = "collapsed"
    title = "Collapsed"

    trained: bool = True
    extraction: str = one_of("modular", "raw")

    def numbers(self, key, nonce, n):
        fixed = pinned(bytes(32), bytes(12), n)
        return 0.99 * fixed + (0.01 if self.trained else 0.3) * pinned(key, nonce, n)

    def keystream(self, key, nonce, n):
        values = self.numbers(key, nonce, n)
        if self.extraction == "raw":
            return (128 * (values + 1)).clamp(0, 255).to(torch.uint8)
        return (values.abs() * 1e10).to(torch.int64).remainder(256).to(torch.uint8)

    @staticmethod
    def source(count, seed):
        rng = np.random.default_rng(seed)
        x, rows = rng.uniform(0.1, 0.9, count), []
        for _ in range(164):
            x = 3.99 * x * (1 - x)
            rows.append(2 * x - 1)
        return torch.from_numpy(np.stack(rows[100:], 1).astype(np.float32))


class Twins(Collapsed):
    """Of the keys it meets each second one gives the outputs of the one before."""

    def numbers(self, key, nonce, n):
        met = self.__dict__.setdefault("met", [])
        if key not in met:
            met.append(key)
        return pinned(met[met.index(key) // 2], bytes(12), n)


@pytest.fixture(scope="module")
def collapsed():
    return card(Collapsed(), randomness=FEW, label="collapsed")


def test_the_standard_passes_everything():
    made = card(systems.get("aes_ctr"), randomness=FEW)
    assert list(made.metrics) == QUESTIONS
    verdicts = [metric.verdict for metric in made.metrics.values()]
    assert verdicts.count("fail") == 0 and verdicts.count("pass") == 9
    assert made.metrics["outputs_related"].value is None and made.metrics["law"].value is None
    assert made.facts[0].verdict == "pass" and made.panel("imitation").tables == []


def test_a_collapsed_generator_shows_red_though_its_bytes_pass(collapsed):
    for name in ("entropy", "chi_square", "keys_related", "key_flip", "nonce_flip"):
        assert collapsed.metrics[name].verdict == "pass", name
    related = collapsed.metrics["outputs_related"]
    assert related.verdict == "fail" and related.value > 0.99
    assert "collapsed: the key hardly matters" in [fact.text for fact in collapsed.facts]
    assert collapsed.metrics["outputs_typical"].value > 0.99
    assert "much alike" in collapsed.overall()
    raw = card(Collapsed(extraction="raw"), randomness=FEW).metrics
    assert raw["keys_related"].verdict == "fail", "raw bytes show what modular ones hide"


def test_raw_and_modular_trained_and_twin_stand_beside_each_other(collapsed):
    (table,) = collapsed.panel("imitation").tables
    options = [row["options"] for row in table.data]
    assert [(o["trained"], o["extraction"]) for o in options] == [
        (True, "raw"),
        (True, "modular"),
        (False, "raw"),
        (False, "modular"),
    ]
    assert "(this one)" in table.head[2] and [row[0] for row in table.rows] == [*COMPARED.values()]
    assert all(len(row) == 5 for row in table.rows)
    apart = [row["outputs_related"]["value"] for row in table.data]
    assert apart[0] == apart[1] > apart[2] == apart[3], "extraction changes no output"
    assert table.data[0]["keys_related"]["verdict"] == "fail"
    assert table.data[1]["keys_related"]["verdict"] == "pass"


def test_its_page_holds_every_question_and_its_json_is_strict(collapsed):
    shown = page.show(collapsed)
    for _, asked in PANELS.values():
        assert all(str(page.escape(question.title)) in shown for question in asked)
    assert "What does the work" in shown and page.external_requests(shown) == []
    json.dumps(collapsed.to_dict(), allow_nan=False)


def test_a_generator_without_a_nonce_says_so():
    class Deaf(type(systems.get("aes_ctr"))):
        key_name = "deaf"

        def keystream(self, key, nonce, n):
            return super().keystream(key, bytes(12), n)

    made = card(Deaf(), randomness=FEW)
    assert made.metrics["nonce_flip"].verdict == "fail"
    assert "no nonce" in [fact.text for fact in made.facts]


def test_a_real_generator_gets_its_card():
    made = card(systems.get("keygan_logistic", trained=False), randomness=FEW)
    assert list(made.metrics) == QUESTIONS
    assert made.metrics["law"].ideal > 0.9, "the logistic map has a law"
    assert made.metrics["law"].value < 0.5, "which an untrained network does not follow"


# ---------------------------------------------------------------- the metrics behind it


def test_window_correlation_is_numpys_and_keeps_its_level():
    rng = torch.Generator().manual_seed(1)
    windows = torch.rand(5, 400, generator=rng)
    table = np.corrcoef(windows.double().numpy())
    largest = np.abs(table[np.triu_indices(5, 1)]).max()
    assert window_correlation(windows).value == pytest.approx(largest, rel=1e-12)
    failed = sum(
        window_correlation(torch.rand(4, 256, generator=rng), 0.2).verdict == "fail"
        for _ in range(400)
    )
    assert 45 <= failed <= 115, "about 80 of 400 at the 20 % level"
    flat = torch.stack([torch.zeros(100), torch.rand(100)])
    assert window_correlation(flat).verdict == "fail", "a window that never changes is no key"
    with pytest.raises(ParameterError, match="windows"):
        window_correlation(windows[:1])


def test_law_and_distance_know_a_source_from_its_shuffle():
    source = Collapsed.source(200, 3)
    own, again = law(source, Collapsed.source(200, 4))
    assert own > 0.99 and again > 0.99
    order = torch.randperm(source.shape[1], generator=torch.Generator().manual_seed(0))
    shuffled = source[:, order]
    assert law_learned(source, shuffled).value < 0.2, "the same numbers without their order"
    assert distribution_distance(shuffled, source).value == 0
    noise = torch.rand(200, 64, generator=torch.Generator().manual_seed(2))
    assert law_learned(noise, noise).value is None, "noise has no law to learn"


def test_some_keys_that_are_alike_are_no_collapse():
    """The largest |r| of 28 pairs accuses the pair; only the median speaks of the generator."""
    made = card(Twins(), randomness=FEW).metrics
    marks = [fact.text for fact in card(Twins(), randomness=FEW).facts]
    assert made["outputs_related"].value > 0.99 > 0.1 > made["outputs_typical"].value
    assert "some keys give outputs that are alike" in marks
    assert "collapsed: the key hardly matters" not in marks


@pytest.mark.parametrize("count, verdict", [(1, "info"), (2, "info"), (3, "fail")])
def test_no_tick_where_no_bytes_could_fail(count, verdict):
    """Zeros fail every test; with two sequences the corrected p still cannot fall below α."""
    tested = randomness.run([np.zeros(25_000, np.uint8)] * count, ALPHA)
    assert tested.metrics()["randomness"].verdict == verdict
    assert {row["verdict"] for row in tested.tests() if row["rows"]} <= {verdict, "pass", "info"}
    assert (tested.floor() < ALPHA) == (count == 3)
