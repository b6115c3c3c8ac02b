"""``measure``: everything that is asked of a protector, on one card."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from gansec_lib.attacks.on_people.readable import Reading
from gansec_lib.attacks.on_people.reidentify import (
    ADAPTED,
    NAIVE,
    Reidentification,
    reidentify,
)
from gansec_lib.errors import ParameterError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.metrics import identity
from gansec_lib.metrics.metric import info
from gansec_lib.roles import Protector
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.card import Card, Exhibit, Fact, Table, lay_out
from gansec_lib.scorecards.protector import measures
from gansec_lib.scorecards.protector.questions import PANELS, WORDS

SHOWN = 3  # people in the figure
RANKS = (1, 2, 3, 5, 10)  # of the CMC


def measure(
    system: Protector,
    pictures: ImageSet,
    *,
    seed: int = 0,
    attacks: bool = True,
    progress: Callable[[str], None] | None = None,
    **_,
) -> Card:
    """The card of a protector.

    Parameters
    ----------
    pictures : ImageSet
        With identities, or nobody can be recognised and the card says so; with attributes,
        landmarks and masks, more questions are asked.
    seed : int
        Who is enrolled with which pictures.
    attacks : bool
        Also let the attackers name people.
    progress : callable
        Is told what is going on.
    """
    say = progress or (lambda text: None)
    start = time.perf_counter()
    bench = Bench(system, pictures, seed)
    say("protecting")
    began = time.perf_counter()
    protected = system.protect(bench.images)
    seconds = {"protect": time.perf_counter() - began}
    metrics = measures.fidelity(pictures, protected)
    speed = bench.images.numel() / 1e6 / seconds["protect"]
    words = f"{len(pictures)} pictures of {tuple(bench.images.shape[1:])}, together"
    metrics["protect_speed"] = info("protect_speed", speed, words, unit="MB/s")

    say("reading what is left")
    found, read, left_out = measures.utility(pictures, protected, seed)
    metrics |= found

    named, why = None, "no attack was asked for"
    if attacks:
        say("naming people")
        try:
            named = reidentify(system, pictures, seed, protected=protected)
            left_out = [*named.left_out, *left_out]
        except ParameterError as problem:
            why = str(problem).removeprefix("pictures: ")
    if named is None:
        left_out = [f"naming people: {why}", *left_out]
    metrics |= measures.people(named, why)
    tables = {"utility": [_attributes(read)] if read else []}
    shown = {}
    if named:
        tables["people"] = [_rates(named), _cmc(named)]
        shown["people"] = [_walk(bench, protected, named)]
    seconds["total"] = time.perf_counter() - start
    return Card(
        system.key_name,
        system.role,
        system.title,
        system.paper,
        WORDS,
        _facts(named),
        lay_out(PANELS, metrics, tables, shown),
        named.attempts if named else [],
        (),
        tuple(system.limits),
        tuple(left_out),
        seconds,
        dict(system.published),
    )


def _rates(named: Reidentification) -> Table:
    """Rank-1, rank-5, equal error rate and true accepts of every attacker and control."""
    rows, data = [], []
    for attempt in [*named.controls, *named.attempts]:
        said = attempt.details
        low, high = said["interval"]
        rows.append(
            (
                f"{attempt.name.replace('_', ' ')}, {attempt.setting}",
                Fact(_percent(attempt.score), "", f"{_percent(low)} to {_percent(high)}"),
                _percent(said["rank_five"]),
                _percent(said["eer"]),
                _percent(said["tar"]),
            )
        )
        data.append({"name": attempt.name, "setting": attempt.setting, "rank_one": attempt.score}
                    | said)  # fmt: skip
    people, probes = named.gallery.people, len(named.gallery.probes)
    limit = identity.chance_limit(probes, people)
    note = (
        f"{people} people, {len(named.gallery.enrolled)} pictures enrolled, {probes} asked about. "
        f"Guessing names {_percent(1 / people)}, and more than {_percent(limit)} once in 1,000 "
        f"times. Small print: 95 % intervals, bootstrap over people. EER: where strangers are "
        f"accepted as often as the right person is refused. Accepted: the right person, where one "
        f"stranger in a hundred is. In clear and noise are the controls."
    )
    head = ("attacker, setting", "rank-1", "rank-5", "EER", "accepted")
    return Table("every attacker", head, rows, note, data)


def _cmc(named: Reidentification) -> Table:
    """Share of probes whose person is among the first k names."""
    people = named.gallery.people
    used = [rank for rank in RANKS if rank <= people]
    rows, data = [], []
    for (name, setting), places in named.places.items():
        curve = identity.cmc(places, people)
        label = f"{name.replace('_', ' ')}, {setting}"
        rows.append((label, *(_percent(curve[rank - 1]) for rank in used)))
        data.append({"name": name, "setting": setting, "cmc": curve.tolist()})
    head = ("attacker, setting", *(f"first {rank}" for rank in used))
    return Table("cumulative match", head, rows, "Named within the first k guesses.", data)


def _attributes(read: list[Reading]) -> Table:
    """Each attribute in clear and protected."""
    rows = [
        (r.name.replace("_", " "), *(_percent(v) for v in (r.clear, r.naive, r.adapted)))
        for r in read
    ]
    note = (
        "Balanced accuracy for people whom the reader never saw; 50 % is guessing. Adapted: the "
        "reader learned from protected pictures."
    )
    data = [
        {"attribute": r.name, "clear": r.clear, "naive": r.naive, "adapted": r.adapted}
        for r in read
    ]
    return Table("attributes", ("attribute", "in clear", "protected", "adapted"), rows, note, data)


def _facts(named: Reidentification | None) -> list[Fact]:
    """What the protector achieves, in marks."""
    if named is None or not named.attempts:
        return [Fact("nobody could be asked who it is", "info")]
    best = {
        setting: max((a for a in named.attempts if a.setting == setting), key=lambda a: a.score)
        for setting in (NAIVE, ADAPTED)
    }
    facts = []
    for setting, attempt in best.items():
        verdict = "fail" if attempt.beyond_chance else "pass"
        says = (
            f"The best {setting} attacker ({attempt.name.replace('_', ' ')}) names "
            f"{_percent(attempt.score)} of the people; guessing names {_percent(attempt.chance)}."
        )
        facts.append(Fact(f"{setting}: {_percent(attempt.score)} named", verdict, says))
    return facts


def _walk(bench: Bench, protected: torch.Tensor, named: Reidentification) -> Exhibit:
    """A person in clear, protected, and whom the best attacker of each setting names."""
    gallery, images = named.gallery, bench.images
    shown = [a for a in named.attempts if a.setting in (NAIVE, ADAPTED)]
    best = {}
    for attempt in shown:
        if attempt.setting not in best or attempt.score > best[attempt.setting].score:
            best[attempt.setting] = attempt
    rows = []
    for probe in range(0, len(gallery.probes), max(1, len(gallery.probes) // SHOWN))[:SHOWN]:
        place = gallery.probes[probe]
        cells = [images[place], protected[place]]
        for setting, attempt in best.items():
            person = named.picked[attempt.name, setting][probe]
            first = gallery.enrolled[(gallery.owners == person).nonzero()[0, 0]]
            right = bool(person == gallery.truth[probe])
            source = protected if setting == ADAPTED else images
            said = "named correctly" if right else "somebody else"
            cells.append((source[first], Fact(said, "fail" if right else "pass")))
        rows.append(("", cells))
    heads = ["clear", "protected", *(f"named by the {setting} attacker" for setting in best)]
    best_score = max((a.score for a in best.values()), default=0.0)
    title = f"the best attacker names {_percent(best_score)} of the people"
    return Exhibit(title, heads, rows)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
