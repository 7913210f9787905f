"""What people type is read as they meant it."""

import pytest

from portal.reading import (
    Unreadable,
    mask_cpr,
    read_amount,
    read_date,
    read_quantity,
    read_whole,
    write_amount,
    write_date,
)


@pytest.mark.parametrize(
    "typed", ["24.03.2026", "24.3.26", "240326", "24032026", "24/3-2026", "2026-03-24", " 24-3-2026 "]
)
def test_a_date_is_read_however_it_is_written(typed: str) -> None:
    assert read_date(typed) == "2026-03-24"


@pytest.mark.parametrize("typed", ["31.02.2026", "i morgen", "24.13.2026", "2026"])
def test_what_is_no_date_says_how_to_write_one(typed: str) -> None:
    with pytest.raises(Unreadable, match=r"24\.03\.2026"):
        read_date(typed)


@pytest.mark.parametrize(
    "typed, wire",
    [("1.234,50", "1234.50"), ("1234.5", "1234.50"), ("1.234", "1234.00"), ("500 kr.", "500.00"), ("0,5", "0.50")],
)
def test_an_amount_is_read_with_comma_and_dots(typed: str, wire: str) -> None:
    assert read_amount(typed) == wire


def test_amounts_and_dates_are_written_as_danes_do() -> None:
    assert (write_amount("1234.50"), write_date("2026-03-24")) == ("1.234,50", "24.03.2026")


def test_numbers_are_whole_or_half() -> None:
    assert (read_quantity("2,5"), read_quantity("2"), read_whole(" 26 ")) == (2.5, 2, 26)


@pytest.mark.parametrize("read", [read_amount, read_quantity, read_whole])
@pytest.mark.parametrize("typed", ["mange", "nan", "1e999", "--1"])
def test_what_is_no_number_is_said(read, typed: str) -> None:
    with pytest.raises(Unreadable):
        read(typed)


def test_a_cpr_number_shows_the_day_of_birth_only() -> None:
    assert (mask_cpr("2503794431"), mask_cpr("?"), mask_cpr(None)) == ("250379-••••", "••••••-••••", "")
