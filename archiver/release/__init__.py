"""Handing records out, with what a stranger needs to check them."""
