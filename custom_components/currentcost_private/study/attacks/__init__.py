"""What a provider would run on what it sees, with training truth or without.

Modules that learn import scikit-learn (the extra `study`) inside their functions; Home
Assistant never gets there.
"""
