"""Reads what the report writers wrote with programs of others: read_documents.py FOLDER

Closes with a line "N passed, N failed".
"""

import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1])
RESULTS = []


def check(name, ok, why=""):
    RESULTS.append(bool(ok))
    if not ok:
        print(f"FAILED: {name}: {why}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


for name in ["plain", "hostile", "thousand"]:
    path = str(FOLDER / f"{name}.pdf")
    code, said = run("qpdf", "--check", path)
    check(f"{name}: qpdf", code == 0, said)
    code, said = run("pdfinfo", path)
    facts = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    facts = {key: value.strip() for key, value in facts.items()}
    check(f"{name}: tagged", facts.get("Tagged") == "yes", said)
    check(f"{name}: has a title", facts.get("Title", "").startswith("Payments"), said)
    check(f"{name}: A4", "A4" in facts.get("Page size", ""), said)
    pages = int(facts.get("Pages", 0))
    check(f"{name}: pages", pages >= (20 if name == "thousand" else 4), said)
    code, said = run("pdffonts", path)
    fonts = [line.split() for line in said.splitlines()[2:]]
    embedded = all(row[-5] == "yes" and row[-4] == "yes" and row[-3] == "yes" for row in fonts)
    check(f"{name}: fonts are embedded, in part, with their letters", fonts and embedded, said)
    code, said = run("pdftotext", path, "-")
    # Whether the spaces around a slash are spaces is for poppler to say.
    plain = said.replace(" ", "")
    for words in ["Contents", f"{pages} / {pages}", f"1 / {pages}", "Speaks for it", "the rollback took two minutes"]:
        check(f"{name}: has the words {words}", words.replace(" ", "") in plain, said[:500])
    code, said = run("pdfinfo", "-struct-text", path)
    for tag in ["TOCI", "H1", "Table", "TH", "Figure", "LBody", "Link"]:
        check(f"{name}: has the tag {tag}", f"{tag}" in said, said[:300])
    # Poppler takes the entry Suspects of PDF/UA for another one.
    errors = [line for line in said.splitlines() if line.startswith("Syntax") and "Suspects" not in line]
    check(f"{name}: no syntax is complained of", not errors, errors)

import pyarrow.ipc  # noqa: E402

table = pyarrow.ipc.open_file(FOLDER / "events.arrow").read_all()
table.validate(full=True)
rows = table.to_pylist()
check("arrow: rows", table.num_rows == 2500, table.num_rows)
check("arrow: times", str(table.schema.field("timestamp").type) == "timestamp[ns, tz=UTC]", table.schema)
check("arrow: texts", rows[7]["title"] == "=7 ü \U0001f525", rows[7])
check("arrow: nothing where nothing is", rows[3]["entity"] is None and rows[4]["entity"] == "ledger", rows[3:5])
check("arrow: lists", rows[3]["tags"] == [] and rows[4]["tags"] == ["a", "b"], rows[3:5])

print(f"{sum(RESULTS)} passed, {len(RESULTS) - sum(RESULTS)} failed")
sys.exit(0 if all(RESULTS) else 1)
