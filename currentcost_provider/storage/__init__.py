"""What is kept: tables, both engines, secrets at rest."""
