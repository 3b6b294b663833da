"""custom_components."""
