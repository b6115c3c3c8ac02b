"""``measure``: everything that is asked of a protector."""

from __future__ import annotations

import time

import torch

from gansec_lib.attacks.on_people.gallery import why_nobody
from gansec_lib.attacks.on_people.readable import Reading
from gansec_lib.attacks.on_people.reidentify import (
    ADAPTED,
    CLEAR,
    NAIVE,
    Reidentification,
    reidentify,
)
from gansec_lib.images.imageset import ImageSet
from gansec_lib.metrics import identity
from gansec_lib.metrics.metric import info
from gansec_lib.roles import Protector
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.card import Exhibit, Fact, Table, percent
from gansec_lib.scorecards.measuring import Found, How, listed
from gansec_lib.scorecards.protector import measures

SHOWN = 3  # people in the figure
RANKS = (1, 2, 3, 5, 10)  # of the CMC


def measure(system: Protector, pictures: ImageSet, how: How) -> Found:
    """What there is to say of a protector.

    Without identities nobody can be recognised, and the card says so; with attributes, landmarks
    and masks more questions are asked.
    """
    bench = Bench(system, pictures, how.seed)
    how.say("protecting")
    began = time.perf_counter()
    protected = system.protect(bench.images)
    seconds = {"protect": time.perf_counter() - began}
    metrics = measures.fidelity(pictures, protected)
    speed = bench.images.numel() / 1e6 / seconds["protect"]
    words = f"{len(pictures)} pictures of {tuple(bench.images.shape[1:])}, together"
    metrics["protect_speed"] = info("protect_speed", speed, words, unit="MB/s")

    how.say("naming people")
    named, why = None, why_nobody(pictures) if how.attacks else "no attack was asked for"
    if not why:
        named = reidentify(system, pictures, how.seed, protected=protected)
    metrics |= measures.people(named, why)
    how.say("reading what is left")
    found, read, unread = measures.utility(pictures, protected, how.seed)
    metrics |= found
    left_out = (named.left_out if named else {"naming people": why}) | unread

    tables = {"utility": [_attributes(read)] if read else []}
    shown = {}
    if named:
        tables["people"] = [_rates(named), _cmc(named)]
        shown["people"] = [_walk(bench, protected, named)]
    return Found(
        metrics=metrics,
        facts=_facts(named),
        tables=tables,
        exhibits=shown,
        attempts=named.attempts if named else [],
        left_out=listed(left_out),
        seconds=seconds,
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
                Fact(percent(attempt.score), "", f"{percent(low)} to {percent(high)}"),
                percent(said["rank_five"]),
                percent(said["eer"]),
                percent(said["tar"]),
            )
        )
        data.append({"name": attempt.name, "setting": attempt.setting, "rank_one": attempt.score}
                    | said)  # fmt: skip
    people, probes = named.gallery.people, len(named.gallery.probes)
    limit = identity.chance_limit(probes, people)
    note = (
        f"{people} people, {len(named.gallery.enrolled)} pictures enrolled, {probes} asked about. "
        f"Guessing names the person in {percent(1 / people)} of them, and in more than "
        f"{percent(limit)} once in 1,000 times. Small print: 95 % intervals, bootstrap over "
        f"people. EER: where strangers are "
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
        rows.append((label, *(percent(curve[rank - 1]) for rank in used)))
        data.append({"name": name, "setting": setting, "cmc": curve.tolist()})
    head = ("attacker, setting", *(f"first {rank}" for rank in used))
    return Table("cumulative match", head, rows, "Named within the first k guesses.", data)


def _attributes(read: list[Reading]) -> Table:
    """Each attribute in clear and protected."""
    rows = [
        (r.name.replace("_", " "), *(percent(v) for v in (r.clear, r.naive, r.adapted)))
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
    clear = {one.name: one.score for one in named.controls if one.setting == CLEAR}
    facts = []
    for setting, attempt in best.items():
        verdict = "fail" if attempt.beyond_chance else "pass"
        says = (
            f"The best {setting} attacker ({attempt.name.replace('_', ' ')}) names "
            f"the person in {percent(attempt.score)} of the pictures; guessing does in "
            f"{percent(attempt.chance)}, and the same attacker in "
            f"{percent(clear[attempt.name])} of clear pictures."
        )
        facts.append(Fact(f"{setting}: {percent(attempt.score)} named", verdict, says))
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
    title = f"the best attacker names the person in {percent(best_score)} of the pictures"
    return Exhibit(title, heads, rows)
