"""What a protector is asked: each metric's name, its words, and its place on the page, once."""

from __future__ import annotations

from gansec_lib.attacks.on_people.reidentify import ADAPTED, NAIVE
from gansec_lib.attacks.on_people.table import RECOGNISERS
from gansec_lib.scorecards.card import Panels, Question, Words

Q = Question
SAYS = {
    NAIVE: "share of pictures whose person is named by an attacker who enrolled clear pictures",
    ADAPTED: "the same for an attacker who protected her own pictures first",
}

PANELS: Panels = {
    "people": (
        "Who is recognised",
        tuple(
            Q(
                f"rank_one_{name}_{setting}",
                f"Rank-1 by {name.replace('_', ' ')} ({setting})",
                SAYS[setting],
                telling=name == "fisherfaces",
            )
            for setting in (NAIVE, ADAPTED)
            for name in RECOGNISERS
        ),
    ),
    "utility": (
        "What the picture is still good for",
        (
            Q("attributes_clear", "Attributes in clear", "mean balanced accuracy of reading yes-or-"
              "no attributes of other people; ½ is guessing"),
            Q("attributes_naive", "Attributes, protected", "the same reader on protected pictures"),
            Q("attributes_adapted", "Attributes, reader adapted", "a reader who learned from "
              "protected pictures", telling=True),
            Q("landmarks_clear", "Landmark error in clear", "mean distance of eyes, nose and so on "
              "from where they are, in % of the distance of the eyes"),
            Q("landmarks_adapted", "Landmark error, reader adapted", "the same, learned from and "
              "asked of protected pictures"),
            Q("landmarks_guess", "Landmark error of a guess", "the same for the mean place of each "
              "landmark, without looking"),
        ),
    ),
    "fidelity": (
        "How much changed",
        (
            Q("psnr", "PSNR, clear to protected", "how near the picture is to the clear one",
              telling=True),
            Q("ssim", "SSIM, clear to protected", "whether structure is kept; 1 is the same"),
            Q("psnr_face", "PSNR inside the face", "where protection is wanted"),
            Q("psnr_outside", "PSNR outside the face", "what is damaged without need"),
        ),
    ),
    "cost": (
        "What it costs",
        (Q("protect_speed", "Protecting", "bytes of picture a second, on this machine"),),
    ),
}  # fmt: skip

WORDS = Words(
    one="protector",
    many="protectors",
    opening=(
        "A protector changes a picture so that nobody can say who is shown, and leaves it useful. "
        "What counts is therefore not how strange the picture looks but how often the person is "
        "named all the same. Rank-1 is the share of pictures whose person an attacker names at "
        "her first guess. A verdict fails where blind guessing would name so many less than once "
        "in a thousand times. Protection and usefulness pull in opposite directions, so "
        "both stand here."
    ),
    each=(
        "The figure shows a person in clear, the protected picture that the attacker is asked "
        "about, and one enrolled picture of the person whom she names, once for each attacker. "
        "Under it stands whether she named the right person."
    ),
    attempts=(
        "The attacker has enrolled half of each person's pictures and is asked who is shown in "
        "the others; no picture is in both halves. The naive attacker enrols clear pictures, as "
        "most papers have it. The adapted one applies the protector, which is public, to her own "
        "pictures first. An attacker's failure counts only if she names people in clear, and not "
        "in pictures of noise. These recognisers are simple; a trained network names more."
    ),
    closing=(
        "That these attackers fail would not show that a picture is anonymous: others know more, "
        "and hair, clothes and places name people too. That they succeed shows that it is not."
    ),
)
