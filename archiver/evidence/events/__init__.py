"""Types of events by the part of the archive that says them; :mod:`archiver.evidence.event_types` has them all."""
