"""The sub-commands of `currentcost-provider`."""
