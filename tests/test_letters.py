"""The letters of the worked cases: each that was sent is there as PDF, and says who, what and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa

from casework.channels import ParcelRow
from decision.model import LetterRow
from onebox import walk as walks
from onebox.towns import DirectTown

HERE = Path(__file__).parent
WALKS = sorted([*(HERE.parent / "deploy/onebox/onebox/walks").glob("*.yaml"), *(HERE / "walks").glob("*.yaml")])
SAID = {
    "1-jonas": "Social aktivitet: 3 dage om ugen (700,00 kr. pr. dag).",
    "ellen": "Støtte til daglige opgaver i hjemmet: 4 timer om ugen (500,00 kr. pr. time).",
}
"""What the first letter of a walk must say of the help that was assessed in it, and of its price."""


@pytest.mark.parametrize("path", WALKS, ids=lambda path: path.stem)
def test_every_letter_of_a_worked_case_is_kept_and_handed_over(path, tmp_path):
    data = walks.read_walk(path)
    told = [s for s in data["steps"] if s.get("do") == "decision.notify" and s["with"]["channel"] != "verbal"]
    town = DirectTown(tmp_path, walks.moment(datetime.now(UTC), data["steps"][0]["at"]))
    try:
        assert [o.findings for o in walks.Walk(data, town).play(lambda _: None) if o.findings] == []

        database = town.house.services["decision"].database
        with database.reading() as session:
            letters = session.scalars(sa.select(LetterRow).order_by(LetterRow.made_at)).all()
            parcels = session.scalars(sa.select(ParcelRow)).all()
    finally:
        town.close()

    sent = [s for s in told if "refused" not in s]
    assert [row.channel for row in letters] == [s["with"]["channel"] for s in sent]
    assert len(parcels) >= len(letters)
    for row in letters:
        assert row.sha256 == sha256(row.pdf).hexdigest()
        assert data["citizen"]["citizen_name"] in (row.content["recipient"][0], *row.content["copy_to"])
        assert _is_archivable(row.pdf, row.content["title"])
    assert SAID.get(path.stem, "") in str([row.content for row in letters[:1]])
    printed = {parcel.status for parcel in parcels if parcel.channel == "letter"}
    assert printed <= {"sent"}


def _is_archivable(pdf: bytes, title: str) -> bool:
    with pikepdf.open(BytesIO(pdf)) as opened, opened.open_metadata() as metadata:
        kinds = (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"])
        return kinds == ("2", "A", "1") and metadata["dc:title"] == title and bool(opened.Root.MarkInfo.Marked)
