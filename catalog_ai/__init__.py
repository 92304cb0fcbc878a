"""Files a shop's product photos on its own machines: TFLite in RQ jobs, and a review queue."""

__version__ = "0.1.0"
