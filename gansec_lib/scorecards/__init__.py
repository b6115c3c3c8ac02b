"""Which questions are put to a role, and the card that holds the answers."""
