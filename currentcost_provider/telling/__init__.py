"""How new results leave: a stream, webhooks, files."""
