"""Measurements beside what one would use instead, as ratios of the same run. ``make bench`` writes them down."""
