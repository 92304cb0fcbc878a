"""Offline work on models: training, conversion, calibration, evaluation. Docs: docs/training.md.

TensorFlow and Keras are imported by `network`, `fit`, `convert` and `fashion_mnist` only;
everything else runs with what the app itself needs.
"""
