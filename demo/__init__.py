"""The whole path on one machine, as real processes: meter, Home Assistant, provider.

`python -m demo` tells what happens, for people; the end-to-end tests run the same
processes and interfere with them.
"""
