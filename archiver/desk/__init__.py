"""What people keep at their desk: searches to come back to (``docs/search.md``)."""
