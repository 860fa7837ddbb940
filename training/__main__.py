"""``python -P -m training`` is ``nerveseg``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
