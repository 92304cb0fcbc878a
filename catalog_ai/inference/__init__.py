"""From bytes to scores, without Django: safe decoding, model bundles, the classifier."""
