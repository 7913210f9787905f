"""`sagsgang scheduler status`: what an operator reads, and when the command fails."""

from datetime import UTC, date, datetime
from uuid import uuid4

from click.testing import CliRunner

from casework.service.clock import FileClock
from onebox.cli import main
from onebox.house import House
from scheduler.model import CaseRow, DeadlineRow


def test_the_status_says_what_is_overdue_and_fails_when_nobody_has_ticked_for_a_day(tmp_path):
    FileClock(tmp_path / "clock").set(datetime(2026, 3, 16, 8, tzinfo=UTC))
    house = House(tmp_path, clock=f"file:{tmp_path / 'clock'}", names=("scheduler",))
    case = uuid4()
    with house.services["scheduler"].database.writing() as session:
        session.add(CaseRow(id=case, number="2026-00001"))
        session.add(
            DeadlineRow(
                id=uuid4(), case_id=case, kind="complaint", key="1", due=date(2026, 3, 15), notify=("caseworker",),
                status="waiting", reminded=0, escalated=0, next_at=date(2026, 3, 15),
                asked_at=datetime(2026, 3, 1, tzinfo=UTC),
            )
        )  # fmt: skip
    house.close()

    def status() -> tuple[int, str]:
        done = CliRunner().invoke(main, ["scheduler", "status", "--data", str(tmp_path)])
        return done.exit_code, done.output.splitlines()[0]

    said = "Frister, der mangler at blive meldt: 1, den ældste fra 2026-03-15"
    assert status() == (0, said)
    FileClock(tmp_path / "clock").set(datetime(2026, 3, 17, 8, tzinfo=UTC))
    assert status() == (1, said)
