"""A letter as a message of Digital Post in the form of MeMo 1.2 (Digitaliseringsstyrelsen's published model). Pure.

NOT CERTIFIED: written from the public description, tried against no system of Digital Post, and sent to none. The
element names and their order are those of https://digitaliser.dk/digital-post/vejledninger/memo.
"""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree as ET

from casework.fields import field, needed, value
from decision.typeset import plain

NAMESPACE = "https://DigitalPost.dk/MeMo-1"
NOT_CERTIFIED = " Written by sagsgang from public descriptions. Not certified, not validated by Digital Post. "
ET.register_namespace("memo", NAMESPACE)


@value
class Message:
    """What Digital Post is told. `recipient_id` is the CPR or CVR number."""

    id: UUID = needed()
    title: str = needed("Titel")
    sender_cvr: str = needed("Afsenders CVR-nummer")
    sender_name: str = needed("Afsender")
    recipient_id: str = needed("Modtagers nummer")
    recipient_name: str = needed("Modtager")
    case_number: str | None = field("Sagsnummer")
    made_at: datetime = needed("Dannet")


def memo(message: Message, pdf: bytes) -> bytes:
    """The message as XML, with the letter as its main document."""
    root = ET.Element(_named("Message"), {"memoVersion": "1.2"})
    root.append(ET.Comment(NOT_CERTIFIED))
    _fill(root, _header(message))
    body = ET.SubElement(root, _named("MessageBody"))
    _fill(body, [("createdDateTime", f"{message.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")])
    document = ET.SubElement(body, _named("MainDocument"))
    _fill(document, [("label", message.title)])
    content = b64encode(pdf).decode()
    file = [("encodingFormat", "application/pdf"), ("filename", "afgoerelse.pdf"), ("language", "da")]
    _fill(ET.SubElement(document, _named("File")), [*file, ("content", content)])
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


_Part = tuple[str, "str | list[_Part]"]


def _header(message: Message) -> Iterator[_Part]:
    sender: list[_Part] = [("senderID", message.sender_cvr), ("idType", "CVR"), ("label", message.sender_name)]
    kind = "CPR" if len(message.recipient_id) == 10 else "CVR"
    recipient: list[_Part] = [
        ("recipientID", message.recipient_id), ("idType", kind), ("label", message.recipient_name),
    ]  # fmt: skip
    header: list[_Part] = [
        ("messageType", "DIGITALPOST"),
        ("messageUUID", str(message.id)),
        ("label", message.title),
        ("mandatory", "true"),
        ("legalNotification", "false"),
        ("Sender", sender),
        ("Recipient", recipient),
    ]
    if message.case_number:
        case: list[_Part] = [("caseID", message.case_number), ("caseSystem", "sagsgang")]
        header.append(("ContentData", [("CaseID", case)]))
    yield "MessageHeader", header


def _fill(parent: ET.Element, parts: "Iterator[_Part] | list[_Part]") -> None:
    for name, inner in parts:
        element = ET.SubElement(parent, _named(name))
        if isinstance(inner, str):
            element.text = plain(inner)
        else:
            _fill(element, inner)


def _named(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
