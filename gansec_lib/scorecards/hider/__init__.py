"""What a hider is asked: ``questions`` in words, ``measures`` in numbers, ``card`` it all."""
