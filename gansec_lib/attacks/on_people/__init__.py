"""Re-identification: who tries to name the person in a protected picture.

``gallery`` parts what the attacker has enrolled from what she is shown, ``recognisers`` are the
ways to compare faces, ``table`` lists them, ``reidentify`` plays the attackers and their controls.
"""
