"""What a protector is asked: ``questions`` in words, ``measures`` in numbers, ``card`` it all."""
