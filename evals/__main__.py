"""`python -m evals`: the same as `assistant eval`."""

import sys

from evals.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
