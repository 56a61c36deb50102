"""Challenges to the accuracy of a record by the person it is about, and what was done about them (Wis. Stat. 19.70)."""
