"""The letter as PDF: tagged, archivable, the same each time, and nothing but what was said. Read with pikepdf."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pytest

from decision.typeset import typeset, unprintable

HOSTILE = '#image("/etc/passwd") $x$ @ref <label> _a_ *b* `c` = d // e \\ #sys.inputs {{ x }} https://x.example'
LETTER: dict[str, Any] = {
    "title": "Du får støtte otte timer om ugen",
    "municipality": "Prøveby Kommune",
    "department": "Voksenenheden",
    "date": "2026-03-02",
    "case_number": "Sag 2026-00001",
    "recipient": ["Bente Hansen", "Skovvej 3, 2. tv.", "8000 Prøveby"],
    "details": ["2. marts 2026", "Sag: 2026-00001"],
    "sections": [
        {
            "group": None,
            "level": 2,
            "heading": "Resultat",
            "blocks": [{"kind": "paragraph", "lines": ["Du får hjælp."]}],
        },
        {
            "group": "Begrundelse",
            "level": 3,
            "heading": "Den konkrete vurdering",
            "blocks": [{"kind": "list", "items": [["Du har brug for ro."], ["Du bor alene."]]}],
        },
    ],
    "after": [],
    "signature": ["Kim Dam", "Prøveby Kommune"],
    "copy_to": [],
}


def saying(*lines: str, **other: Any) -> dict[str, Any]:
    """The letter with these lines as its only paragraph."""
    section = {**LETTER["sections"][0], "blocks": [{"kind": "paragraph", "lines": list(lines)}]}
    return {**LETTER, "sections": [section], **other}


def opened(letter: dict[str, Any], **options: Any) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(typeset(letter, **options)))


def text(pdf: pikepdf.Pdf) -> str:
    """What is written, in the order in which it stands in the pages, by each font's own table of characters."""
    written = []
    for page in pdf.pages:
        tables = {str(name): _characters(font) for name, font in page.Resources.get("/Font", {}).items()}
        font: dict[int, str] = {}
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "Tf":
                font = tables[str(operands[0])]
            elif str(operator) == "Tj":
                written.append(_decoded(bytes(operands[0]), font))
            elif str(operator) == "TJ":
                written.append("".join(_decoded(bytes(o), font) for o in operands[0] if isinstance(o, pikepdf.String)))
            elif str(operator) in ("Td", "Tm", "ET"):
                written.append("\n")
    return "".join(written)


def _decoded(codes: bytes, font: dict[int, str]) -> str:
    return "".join(font.get(int.from_bytes(codes[n : n + 2]), "") for n in range(0, len(codes), 2))


def _characters(font: Any) -> dict[int, str]:
    """The ToUnicode table of a font."""
    lines = font.ToUnicode.read_bytes().decode("ascii").splitlines()
    found = {}
    for line in lines:
        parts = line.replace("<", " ").replace(">", " ").split()
        if line.startswith("<") and len(parts) == 2:
            found[int(parts[0], 16)] = bytes.fromhex(parts[1]).decode("utf-16-be")
    return found


def headings(pdf: pikepdf.Pdf) -> list[str]:
    """The kinds of element in the tree of tags, in reading order."""
    kinds: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for inner in node:
                walk(inner)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                kinds.append(str(node.S))
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return kinds


def words(pdf: pikepdf.Pdf) -> str:
    return "".join(text(pdf).split())


def test_it_says_that_it_is_pdf_a_and_pdf_ua_and_what_it_is():
    pdf = opened(LETTER)
    with pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == LETTER["title"]
        assert metadata["dc:creator"] == ["Prøveby Kommune"]
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "da-DK"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo["/CreationDate"]).startswith("D:20260302")


def test_headings_paragraphs_and_lists_are_tagged_in_order():
    kinds = [kind for kind in headings(opened(LETTER)) if kind.startswith(("/H", "/L")) and kind != "/Lbl"]
    assert kinds[:4] == ["/H1", "/H2", "/H2", "/H3"]
    assert kinds.count("/LI") == 2


def test_everything_stands_in_the_order_in_which_it_is_read():
    said = words(opened(LETTER))
    order = [
        "PrøvebyKommune", "BenteHansen", "8000Prøveby", "2.marts2026", "DufårstøtteottetimeromugenResultat",
        "Dufårhjælp.", "Begrundelse", "Denkonkretevurdering", "Duharbrugforro.", "Medvenlighilsen", "KimDam",
    ]  # fmt: skip
    places = [said.index(one) for one in order]
    assert places == sorted(places)


@pytest.mark.parametrize("place", ["title", "municipality", "case_number"])
def test_text_is_never_markup_wherever_it_stands(place):
    pdf = opened(saying(HOSTILE, **{place: HOSTILE}))
    assert "".join(HOSTILE.split()) in words(pdf)


def test_every_letter_that_danes_write_is_there():
    line = "æøå ÆØÅ éüßñ ŁŠ »citat« – § 85, stk. 2 € ½ ✓"
    assert unprintable(line.replace("✓", "")) == []
    assert "".join(line.replace("✓", "□").split()) in words(opened(saying(line)))


def test_what_no_font_can_show_is_a_box_and_steering_signs_are_gone():
    assert "Hej□ogvel" in words(opened(saying("Hej 😀 og\x07\u200b\u202e vel")))
    assert unprintable("Hej 😀 og 中 vel, e\u0301") == ["中", "😀"]


def test_twenty_thousand_characters_run_over_pages_that_are_numbered():
    pdf = opened(saying("Du har fortalt om din hverdag. " * 650))
    assert len(pdf.pages) > 3
    assert f"Side1af{len(pdf.pages)}" in words(pdf)


def test_one_long_word_and_an_empty_letter_are_printed_too():
    assert opened(saying("x" * 5_000)).pages
    assert opened({**LETTER, "sections": [], "department": None, "recipient": [], "details": []}).pages


def test_the_same_letter_is_the_same_file_and_another_is_not():
    assert typeset(LETTER) == typeset(LETTER)
    assert typeset(LETTER) != typeset({**LETTER, "title": "Noget andet"})


def test_a_draft_says_so():
    assert "Udkast" not in text(opened(LETTER))
    assert "Udkast" in text(opened(LETTER, draft=True))
