"""Connectors: one module per platform. They import :mod:`connectors.contract` and nothing of :mod:`archiver`."""
