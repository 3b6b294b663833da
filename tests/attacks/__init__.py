"""Hostile parties, one a module, each doing its best against the other side.

What an attack would bring against a weaker build is shown beside it, so that a
failure of the attack is the build's doing and not the attacker's.
"""
