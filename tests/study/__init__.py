"""Tests of the privacy study."""
