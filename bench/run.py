"""Runs every measurement, and writes what was found. `make bench` and `make bench-short` call it.

    python bench/run.py [SCRIPT ...] [--short] [--python PYTHON] [--before PYTHON] [--save]

Each script is run by PYTHON, which is that of the release to be measured (our own where none is given): another
checkout's `.venv/bin/python` measures that one with these scripts. `--before` names the one to compare with: each
script is run by it, and then by the other, in one sitting. `--save` keeps the rows in now.json and before.json, and
writes them into README.md; rows of scripts that are not run stay as they were.

`--short` is for CI: fewer repeats, processor time and numbers of statements alone; it fails where one is worse than in
ratios.json by half. With `--save` it writes what is compared with from now on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LONG = (
    "messages",
    "seven_acts",
    "one_round",
    "latency",
    "documents",
    "growth",
    "scheduler_ticks",
    "portal_lists",
    "portal_page",
    "case_page",
    "startup",
)
"""In the order of the table."""
SHORT = ("one_round", "documents", "messages")
COMPARED = ("", "ms CPU", "s CPU", "µs CPU")
"""The units of what hardly moves with the load of the machine."""
UNSTEADY = ("get-document",)
"""Its seven calls run at once, in threads: what it costs to switch between them moves with the load after all."""
WORSE = 1.5

Json = dict[str, Any]


def measured(script: str, python: str, *, short: bool) -> list[Json]:
    """The rows of one script; what it says besides goes to stderr."""
    command = [python, str(HERE / f"{script}.py"), *(["--short"] if short else [])]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=HERE.parent).stdout
    rows = (json.loads(line, parse_float=lambda text: float(f"{float(text):.4g}")) for line in told.splitlines())
    return [row | {"script": script} for row in rows]


def about(python: str) -> Json:
    """Which release was measured, when, and on what."""
    where = "import casework, pathlib; print(pathlib.Path(casework.__file__).parent)"
    checkout = subprocess.check_output([python, "-c", where], text=True).strip()
    revision = subprocess.check_output(["git", "describe", "--always", "--dirty", "--tags"], text=True, cwd=checkout)
    return {
        "commit": revision.strip(), "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(),
        "processor": platform.machine(), "python": platform.python_version(),
    }  # fmt: skip


def worse(rows: list[Json], committed: Json) -> dict[str, str]:
    """Those that are worse than the committed ones by half, with both."""
    found = {}
    for row in rows:
        now, before = compared(row), committed.get(row["name"])
        if now is not None and before is not None and now > before * WORSE:
            found[row["name"]] = f"{now:.2f}, committed {before:.2f}"
    return found


def compared(row: Json) -> float | None:
    """The ratio to the bare loop, or the number itself where there is no loop; less is better."""
    if row["unit"] not in COMPARED or row["more"] or row["name"] in UNSTEADY:
        return None
    return row["ratio"] if row["ratio"] is not None else row["ours"]


# README.md
COLUMNS = ("what", "before", "now", "beside", "ratio before", "ratio now", "goal", "", "besides")


def table(rows: list[Json], before: list[Json]) -> str:
    then = {row["name"]: row for row in before}
    lines = [cells(COLUMNS), cells(["---"] * len(COLUMNS))]
    for row in rows:
        old = then.get(row["name"], {})
        unit = f" ({row['unit']})" if row["unit"] else ""
        peer = f"{row['peer']}: {figure(row['theirs'])}" if row["theirs"] else "–"
        verdict = {True: "holds", False: "**misses**", None: ""}[row["holds"]]
        ours, ratios = (figure(old.get("ours")), figure(row["ours"])), (figure(old.get("ratio")), figure(row["ratio"]))
        lines.append(cells([row["what"] + unit, *ours, peer, *ratios, goal(row), verdict, notes(row)]))
    return "\n".join(lines)


def cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def notes(row: Json) -> str:
    return ", ".join(f"{name} {figure(value)}" for name, value in row["notes"].items())


def goal(row: Json) -> str:
    if row["goal"] is None:
        return ""
    return f"{'≥' if row['more'] else '≤'} {figure(row['goal'])}{' ×' if row['of'] == 'ratio' else ''}"


def figure(value: float | None) -> str:
    """Three figures that count."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write_readme(before: Json, now: Json) -> None:
    """Put the table between the marks of README.md."""
    readme, start, end = HERE / "README.md", "<!-- table -->", "<!-- end of table -->"
    head, _, rest = readme.read_text().partition(start)
    mine, then = now["about"], before["about"]
    said = (
        f"Measured {mine['date']} on {mine['cores']} cores ({mine['processor']}, Python {mine['python']}): release "
        f"{mine['commit']}; before: {then['commit']}, measured {then['date']} by the same scripts."
    )
    readme.write_text(f"{head}{start}\n{said}\n\n{table(now['rows'], before['rows'])}\n{end}{rest.partition(end)[2]}")


def keep(file: Path, found: Json) -> Json:
    """Rows of the same names are replaced, the others stay, those of one script together."""
    old = json.loads(file.read_text())["rows"] if file.exists() else []
    scripts = {row["script"] for row in found["rows"]}
    rows = [row for row in old if row["script"] not in scripts] + found["rows"]
    kept = {"about": found["about"], "rows": sorted(rows, key=lambda row: LONG.index(row["script"]))}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in kept["rows"])
    file.write_text(f'{{"about": {json.dumps(kept["about"])}, "rows": [\n{lines}\n]}}\n')
    return kept


def long(given: argparse.Namespace) -> int:
    pythons = {"before": given.before, "now": given.python} if given.before else {"now": given.python}
    found: dict[str, Json] = {name: {"about": about(python), "rows": []} for name, python in pythons.items()}
    for script in given.scripts or LONG:
        for name, python in pythons.items():
            sys.stderr.write(f"{script}, {name} …\n")
            found[name]["rows"] += measured(script, python, short=False)
    if given.save:
        for name in found:
            keep(HERE / f"{name}.json", found[name])
        write_readme(*(json.loads((HERE / f"{name}.json").read_text()) for name in ("before", "now")))
    before = found["before"]["rows"] if given.before else []
    sys.stdout.write(table(found["now"]["rows"], before) + "\n")
    return 0


def short(given: argparse.Namespace) -> int:
    """What seems worse is measured again, and counts where it is so twice: the machine may have been busy."""
    rows = [row for script in given.scripts or SHORT for row in measured(script, given.python, short=True)]
    ratios = HERE / "ratios.json"
    sys.stdout.write(table(rows, []) + "\n")
    if given.save:
        kept = {row["name"]: round(value, 3) for row in rows if (value := compared(row)) is not None}
        ratios.write_text(json.dumps(kept, indent=1) + "\n")
        return 0
    committed = json.loads(ratios.read_text())
    failures = worse(rows, committed)
    again = {row["script"] for row in rows if row["name"] in failures}
    twice = worse([row for script in again for row in measured(script, given.python, short=True)], committed)
    for name in failures.keys() & twice.keys():
        sys.stderr.write(f"worse by half: {name}: {failures[name]}, and again {twice[name]}\n")
    return 1 if failures.keys() & twice.keys() else 0


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("scripts", nargs="*", metavar="SCRIPT")
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--python", default=sys.executable)
    asked.add_argument("--before")
    asked.add_argument("--save", action="store_true")
    given = asked.parse_args()
    return short(given) if given.short else long(given)


if __name__ == "__main__":
    sys.exit(main())
