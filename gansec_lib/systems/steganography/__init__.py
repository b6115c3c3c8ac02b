"""Systems that hide bytes or pictures in pictures."""
