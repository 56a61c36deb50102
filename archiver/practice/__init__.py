"""A practice city: simulated platforms with people who post, edit, hide and delete.

Nothing here touches a database or a store: it is the other side of the wire. The people and the city are invented.

- :mod:`city` is the state, :mod:`acts` what can happen to it, :mod:`truth` what really happened, for comparison.
- :mod:`script` plays people; :mod:`mastodon_api` and :mod:`feeds` show the state the way a platform shows it.
- :mod:`server` answers on a real socket, :mod:`faults` makes it misbehave on demand.
"""
