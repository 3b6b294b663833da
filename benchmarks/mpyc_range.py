"""The talk's question in MPyC (PyPI), a party a process; `peers` runs it.

    python mpyc_range.py RUNS -M3

The first party puts in the measure, the second one the thresholds, the bucket is opened
to all. Prints the seconds of each run. It stands in an environment of its own, and knows
nothing of this project.
"""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any

# MPyC would listen on all addresses of the machine.
_create_server = asyncio.BaseEventLoop.create_server


async def _on_loopback(self: Any, factory: Any, **options: Any) -> Any:
    return await _create_server(self, factory, host="127.0.0.1", **options)


asyncio.BaseEventLoop.create_server = _on_loopback  # type: ignore[assignment,method-assign]

from mpyc.runtime import mpc  # noqa: E402

_RUNS = int(sys.argv[1])
_THRESHOLDS = (1000, 2000, 3000)


async def main() -> None:
    """Ask again and again."""
    number = mpc.SecInt(18)
    times = []
    async with mpc:
        for run in range(_RUNS):
            measure = (7919 * run + 123) % 5000
            begun = perf_counter()
            x = mpc.input(number(measure if mpc.pid == 0 else 0), senders=0)
            limits = mpc.input(
                [number(limit if mpc.pid == 1 else 0) for limit in _THRESHOLDS],
                senders=1,
            )
            above = await mpc.output(mpc.sum([x > limit for limit in limits]))
            times.append(perf_counter() - begun)
            if int(above) != sum(measure > limit for limit in _THRESHOLDS):
                raise RuntimeError("a wrong bucket")
    if mpc.pid == 0:
        print(json.dumps(times))


mpc.run(main())
