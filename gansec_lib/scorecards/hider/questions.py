"""What a hider is asked: each metric's name, its words, and its place on the page, once."""

from __future__ import annotations

from gansec_lib.attacks.on_hiders.table import ANALYSERS
from gansec_lib.scorecards.card import Panels, Question, Words

Q = Question

PANELS: Panels = {
    "invisibility": (
        "What the eye could see",
        (
            Q("psnr", "PSNR, cover to stego", "size of the changes; above 40 dB nobody sees them",
              telling=True,
              note="judged against what theory says of this system at this payload"),
            Q("ssim", "SSIM, cover to stego", "whether structure changed; 1 is the same picture"),
            Q("changed", "Samples changed", "share of bytes that hiding touches"),
            Q("largest_change", "Largest change", "of one sample, in grey levels of 255"),
            Q("bits_a_change", "Bits for each change", "how sparingly it changes; more is better",
              note="expected: what no ±1 embedding can exceed at this payload"),
        ),
    ),
    "capacity": (
        "How much it carries",
        (
            Q("payload", "Largest payload a pixel", "bits of the secret", telling=True),
        ),
    ),
    "recovery": (
        "What comes back",
        (
            Q("messages_back", "Messages back", "stegos whose secret came back byte for byte, "
              "after being saved and read again", telling=True),
            Q("forms_back", "Kinds of secret back", "empty and long bytes, rows and pictures come "
              "back as what they were"),
            Q("wrong_key", "Wrong keys refused", "keys with one bit changed that get an error and "
              "no message", telling=True),
            Q("empty_refused", "Covers refused", "pictures without a message that get an error and "
              "no message"),
            Q("wrong_handed_out", "Wrong messages handed out", "damaged stegos whose message was "
              "passed off as right"),
        ),
    ),
    "robustness": (
        "What survives on the way",
        (Q("survives", "Ways survived, PNG included", "in which at least half of the messages come "
           "back", note="the table names them"),),
    ),
    "detectability": (
        "Who finds it",
        tuple(
            Q(f"p_e_{analyser.name}", f"P_E of {analyser.name.replace('_', ' ')}",
              "mean of false alarms and missed stegos, every cover full; ½ is blind guessing",
              telling=True)
            for analyser in ANALYSERS.values()
        ),
    ),
    "cost": (
        "What it costs",
        (
            Q("hide_speed", "Hiding", "bytes of cover a second, on this machine"),
            Q("reveal_speed", "Revealing", "the same"),
        ),
    ),
}  # fmt: skip

WORDS = Words(
    one="hider",
    many="hiders",
    opening=(
        "A hider puts a message into a picture so that nobody notices. Two kinds of people could: "
        "somebody who looks, and an analyst who counts. The first is answered by PSNR, where most "
        "hiders do well. The second is what matters, and PSNR says nothing about it: two hiders "
        "with the same PSNR can be as different as found always and found never. P_E is the share "
        "of mistakes that an analyst makes who has to say of covers and stegos which is which; at "
        "½ she might as well toss a coin."
    ),
    each=(
        "In the figure every picture carries half of what it can. The stego must look like the "
        "cover. The difference is multiplied, because as it is nobody would see it. The last two "
        "columns show the last bit of each sample as black and white. In smooth or brightly lit "
        "photographs the cover's last bits show outlines, and the stego's do not; where the "
        "cover's are noise already, nothing is to be seen."
    ),
    attempts=(
        "The analyst sees pictures without their covers and knows the method, but not the key. "
        "The score is the share of right answers at the best threshold, 1 − P_E; guessing gets "
        "50 %. Every cover stands beside its own stego, and random bytes are hidden. An analyst "
        "counts only if she finds pictures whose every last bit is random. With few covers a "
        "threshold that fits by chance looks like skill, so the margin is wide: it is what a "
        "blind analyst exceeds once in a thousand times."
    ),
    closing=(
        "That these analysts do not find a hider does not mean that it is safe. Those who learn "
        "from many pictures find far more. And hiding is not encrypting: whoever finds the "
        "message must still not be able to read it."
    ),
)
