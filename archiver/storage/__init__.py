"""Where objects are kept: one protocol, a directory and S3 behind it."""
