"""Imports: exports that platforms make of accounts, brought in by a person, beside what was captured."""
