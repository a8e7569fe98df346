"""`python -m shared.contracts check | write`: frozen event schemas and the AsyncAPI document."""

import sys

from shared.contracts import schemas


def main() -> int:
    """Check that contracts only grew, or freeze them as they are now."""
    found = schemas.write() if sys.argv[1:] == ["write"] else schemas.faults()
    for fault in found:
        sys.stderr.write(f"contracts: {fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
