"""``python -m gansec_lib``: the command ``gansec``, where it is not on the path."""

from gansec_lib.cli import main

if __name__ == "__main__":
    main()
