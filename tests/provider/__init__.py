"""Tests of the provider's service: over real HTTP, with the real exchange."""
