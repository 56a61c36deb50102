"""``HOW-TO-VERIFY.txt``: for whoever was given a bundle, and is no developer."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
HOW TO CHECK THIS FOLDER

This folder holds records (posts, comments, messages) that a public archive captured from a social-media platform, and
the means to check that nothing in them was changed. You need no account, no internet and no special knowledge. It
takes about ten minutes.

1. WHAT YOU NEED

   Python 3.8 or later. Most Macs and Linux computers have it. On Windows, install it from python.org.
   To see whether you have it, open a terminal (Windows: PowerShell) and type:   python3 --version
   (On Windows the command may be  python  or  py  instead of  python3 , here and below.)

2. THE KEY

   The archive signs its log with a key. You need its public half, one line that looks like this:
      records.city.example/main+1a2b3c4d+AbCd...=
   Take it from the city's website, from the certificate you were given, or ask the records office by telephone.
   Do NOT simply take the one in keys/log.txt: whoever forged this folder could have put a key of their own there.
   If it is the same line, all is well.

3. CHECK

   Go to this folder in the terminal (type  cd , a space, drag the folder into the window, press Enter) and type,
   with the key in place of KEY:

      python3 -I verify.py . --key "KEY"

   Or save the certificate's text as a file and give its name in place of the key.
   If you do not trust the verify.py that came with this folder, use one that you got elsewhere: they are the same.
   Whoever wants a second opinion may write their own; the format is public.

4. WHAT IT SAYS

   VERIFIED        Every required claim passes. Read the lines above it: they say when each record was captured, from
                   which address, and what was concluded.
   NOT VERIFIED    Something fails. Do not rely on this folder; ask for a new copy. A file that your computer added by
                   itself (such as .DS_Store) also fails: delete it and try again.
   NOT CHECKED     This was not looked at, and it is not a pass. The line says why.

   To check time-stamps of others too, add  --tsa-roots FILE.pem  with the root certificates of the service; the
   program openssl must be installed. keys/ may hold a copy of them; compare it with the service's own.

5. WHAT IS IN HERE

   data/records/      one folder for each record: record.json is the archive's reading of it, beside it its files.
                      A file drawn-….png is a picture that the archive drew itself from the record. It was not captured
                      and is no screenshot of the platform. What stands under "challenges" in record.json was said
                      about the record by the person it is about, and by the authority (Wis. Stat. 19.70): people
                      entered it, and it was not captured. The list is as it was when this folder was made
   data/exchanges/    for each stored answer of the platform: what of it belongs to these records, and the proof that it
                      stood there. Parts that belong to other records are there as numbers (hashes) only
                      Where a record names a shortened link and the archive followed it, the answers of the service
                      that shortened it are here too
   data/runs/         what the archive concluded, such as that a comment is no longer returned, or where a shortened
                      link led on the day it was followed: "links" in record.json
   data/log/          the archive's log: its signed head, and proofs that these records are in it
   data/stamps/       time-stamps by others, where there are any
   data/manifest.json everything above, with how it was chosen and what was left out. What is left out there as
                      known_from_import was never captured: only exports that somebody brought in tell of it
   The other files make the folder a "bag" (RFC 8493), which archives' own tools can check.
{whole}
6. WHAT A PASS DOES AND DOES NOT SHOW

   It shows that these very words and files stood in what the platform's server answered to this archive, as the
   archive recorded it; that they were in its log before the log was signed, and unchanged since; and, where a
   time-stamp passes, that they existed at that time by the word of the service named.
   It does not show that what was written is true, who wrote it, that the platform returned all it had or told the
   truth, or the exact time of an answer beyond the archive's own clock. It does not show that these are all records
   that exist: data/manifest.json says how they were chosen.
"""

_WHOLE: Final = """\

   CAUTION: the files that end in .warc.gz are whole answers of the platform, as stored. They hold OTHER records too,
   and secret values (seeds) with which everything in them can be proven. Do not pass them on without review.
"""


def text(*, whole: bool) -> str:
    """The page. ``whole``: the bundle holds whole stored exchanges."""
    return _TEXT.format(whole=_WHOLE if whole else "")
