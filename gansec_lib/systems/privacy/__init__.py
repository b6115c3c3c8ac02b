"""Systems that take out of a picture who or what is shown."""
