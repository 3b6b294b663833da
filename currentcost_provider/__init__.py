"""The energy provider's service: it asks its question and learns a bucket, no more.

It holds the evaluator's side of the exchange behind an HTTP interface, stores what
the windows came to, and has a command line for the people who run it. It knows
nothing of Home Assistant and never sees a reading.
"""
