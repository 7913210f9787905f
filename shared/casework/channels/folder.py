"""A folder: each parcel becomes a file in it, whole or not at all, for a printer or a system that fetches files."""

from __future__ import annotations

import errno
import mimetypes
import os
import re
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from casework.channels.parcels import NotSent, Parcel

ENDINGS = {"application/json": ".json", "application/pdf": ".pdf", "application/xml": ".xml", "text/plain": ".txt"}


@dataclass(frozen=True)
class Folder:
    """The channel. A file that is there already is left as it is; one that was fetched is written again."""

    folder: Path

    def __call__(self, parcel: Parcel) -> str:
        """Write the file and return its path. Once it is seen under its name it is whole, and on the disk."""
        path = self.folder / file_name(parcel)
        try:
            if not path.exists():
                self._write(path, parcel.body)
        except OSError as error:
            raise NotSent(errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
        return str(path)

    def _write(self, path: Path, body: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        with beside.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        entry = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def file_name(parcel: Parcel) -> str:
    """`20260302T080000Z-order.sent-<id>.json`: sorted by time, the same each time, without the receiver."""
    kind = re.sub(r"[^a-z0-9.-]", "_", parcel.kind.lower()).strip(".")
    media_type = parcel.content_type.partition(";")[0].strip().lower()
    ending = ENDINGS.get(media_type) or mimetypes.guess_extension(media_type) or ""
    return f"{parcel.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{kind}-{parcel.id}{ending}"
