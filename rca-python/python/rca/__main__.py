"""`python -m rca`."""

import sys

from rca._cli import main

if __name__ == "__main__":
    sys.exit(main())
