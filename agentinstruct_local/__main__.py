"""`python -m agentinstruct_local` is the same as `agentinstruct`."""

from __future__ import annotations

import sys

from agentinstruct_local.cli import main

if __name__ == "__main__":
    sys.exit(main())
