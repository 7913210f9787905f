"""How a letter leaves the house: a parcel for each who gets it, and the adapters that hand it over.

The parcel says what is to be delivered, and to whom; an adapter gives it the form that its way wants. A CPR number
stands in the body alone, never in a name, a log or an address.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid5

from casework.channels import Parcel
from casework.channels.folder import Folder, file_name
from casework.contracts.values import Party
from casework.process import Situation
from decision import letter
from decision.addressee import post_number
from decision.memo import Message, memo
from decision.model import LetterRow, State

PRINT, DIGITAL_POST = "letter", "digital-post"
KIND = "decision-letter"


def parcels(case: Situation[State], sent: LetterRow) -> list[Parcel]:
    """What is owed to the one written to, and to those who get a copy: on paper where Digital Post has no number."""
    written = case.state.letter
    assert written is not None
    to = [party for party in (written.recipient, *letter.copies(case, written)) if party]
    return [_parcel(case, sent, place, party) for place, party in enumerate(to)]


def _parcel(case: Situation[State], sent: LetterRow, place: int, to: Party) -> Parcel:
    number = post_number(case, to) if sent.channel == DIGITAL_POST else None
    channel = DIGITAL_POST if number else PRINT
    body = {
        "title": sent.content["title"],
        "sender": sent.content["municipality"],
        "case_number": case.case.case_number if case.case else None,
        "name": to.name,
        "address": letter.address(case, to),
        "number": number,
        "sha256": sent.sha256,
        "pdf": b64encode(sent.pdf).decode(),
    }
    return Parcel(
        id=uuid5(case.case_id, f"letter {sent.number}/{sent.sequence}/{place}"),
        channel=channel,
        receiver=channel,
        kind=KIND,
        body=json.dumps(body).encode(),
        content_type="application/json",
        case_id=case.case_id,
        about=f"Afgørelse {sent.number}, brev {sent.sequence}",
        made_at=sent.made_at,
    )


@dataclass(frozen=True)
class Print:
    """For the print room: the PDF, and beside it a cover of the same name in JSON."""

    folder: Path

    def __call__(self, parcel: Parcel) -> str:
        """The cover is written last: where there is one, its letter is there and whole."""
        told = json.loads(parcel.body)
        page = replace(parcel, body=b64decode(told.pop("pdf")), content_type="application/pdf")
        Folder(self.folder)(page)
        cover: dict[str, Any] = {"file": file_name(page), **told}
        del cover["number"]
        return Folder(self.folder)(replace(parcel, body=json.dumps(cover, ensure_ascii=False, indent=1).encode()))


@dataclass(frozen=True)
class DigitalPost:
    """For a system that sends Digital Post: a MeMo message in a folder. Not certified; see decision.memo."""

    folder: Path
    sender_cvr: str

    def __call__(self, parcel: Parcel) -> str:
        told = json.loads(parcel.body)
        message = Message(
            id=parcel.id,
            title=told["title"],
            sender_cvr=self.sender_cvr,
            sender_name=told["sender"],
            recipient_id=told["number"],
            recipient_name=told["name"],
            case_number=told["case_number"],
            made_at=parcel.made_at,
        )
        body = memo(message, b64decode(told["pdf"]))
        return Folder(self.folder)(replace(parcel, body=body, content_type="application/xml"))
