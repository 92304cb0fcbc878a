"""Files a shop's product photos by itself: TFLite in RQ jobs, a review queue, on its own machines."""

__version__ = "0.1.0"
