"""For developers: ``python -m migrations 0002 "what changes"`` writes the next revision from the models. Read it, then
test it: whatever a machine wrote about somebody's records is a draft."""

import sys

from archiver.migrate import write_revision

if len(sys.argv) != 3:
    raise SystemExit('usage: python -m migrations NUMBER "what changes"')
print(write_revision(sys.argv[2], sys.argv[1]))
