"""The records archiver: a city's social-media accounts kept as public records that a stranger can verify."""

__version__ = "0.1.0"
