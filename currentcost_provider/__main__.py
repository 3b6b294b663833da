"""`python -m currentcost_provider` is `currentcost-provider`."""

from .command import main

main()
