"""What is handed out."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.events.forms import Count, Digest, EventKind, Facts
from archiver.evidence.events.names import EventType


class EvidenceExported(Facts):
    manifest: Annotated[Digest, Field(description="of `data/manifest.json`, which holds a random salt")]
    records: Annotated[Count, Field(description="records in it")]
    versions: Annotated[Count, Field(description="versions of them")]
    exchanges: Annotated[Count, Field(description="stored exchanges that it proves parts of")]
    media: Annotated[Count, Field(description="files of records")]
    whole: Annotated[Count, Field(description="stored exchanges handed out whole, with the other records in them")]


class EvidenceCertified(Facts):
    manifest: Annotated[Digest, Field(description="of the bundle's `data/manifest.json`")]
    sha256: Annotated[Digest, Field(description="of the certificate as PDF")]


_E = EventType
EVENTS: Final = (
    EventKind(_E.EVIDENCE_EXPORTED, "bundle", "Records were handed out with their proofs.", EvidenceExported),
    EventKind(_E.EVIDENCE_CERTIFIED, "bundle", "A certificate for a bundle was made, to be signed.", EvidenceCertified),
)
