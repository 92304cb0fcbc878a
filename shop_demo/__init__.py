"""A small real shop, to see catalog_ai at work."""
