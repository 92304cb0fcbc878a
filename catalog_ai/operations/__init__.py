"""For whoever runs the shop's machines: health and metrics. Plain Django, no API extra needed."""
