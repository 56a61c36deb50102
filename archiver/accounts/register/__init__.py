"""The account register: who owns what, since when, and what is missing (law sections 2 and 3, ``docs/register.md``)."""
