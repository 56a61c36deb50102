"""Decisions of legal custodians on whether one record, or one account, is official (law R8, R20)."""
