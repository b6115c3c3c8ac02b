"""What is shown while a run goes on."""

from __future__ import annotations


class NoDisplay:
    """Shows nothing."""

    def update(self, history) -> None:
        pass

    def close(self, history) -> None:
        pass


def open_display(show: str, steps: int, main: bool):
    return NoDisplay()
