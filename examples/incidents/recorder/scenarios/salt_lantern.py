"""tidecast, which is not ours, slows down and then answers 503 only.

crossings lives on old answers for its time of grace, then it has none to give;
timetable and fares need them, berths needs fares. Several deploys and flags lie
around the onset, and all of them are innocent. tidecast comes back by itself.
"""

from scenarios.model import Deploy, Edit, Flag, Outside, Rule, Scenario, Step
from scenarios.past import INES, LIV, MARET, ODD, PAST, PIET, REJECT_CROWDS, TAM

STEPS = PAST + (
    Step("surcharge-flag", -20 * 60 - 41, LIV, "feat(fares): second surcharge table, behind a flag",
         edits=(Edit("services/fares.py", "    if sea[\"wave_cm\"] > 150:\n        pence = pence * 1.08\n",
                     "    if app.flags.on(\"fares.surcharge_v2\"):\n"
                     "        pence = pence * (1.11 if sea[\"wave_cm\"] > 180 else 1.0)\n"
                     "    elif sea[\"wave_cm\"] > 150:\n"
                     "        pence = pence * 1.08\n"),)),
    Step("crowds", -101, TAM, "fix(berths): turn away holds for more than nine travellers",
         edits=(REJECT_CROWDS,)),
    Step("idle-six", -64, INES, "chore(ferrykit): keep six idle connections per peer, not eight",
         edits=(Edit("ferrykit/client.py", "IDLE_MAX = 8\n", "IDLE_MAX = 6\n"),)),
    Step("one-helper", -41, LIV, "refactor(fares): the surcharge in a function of its own",
         edits=(
             Edit("services/fares.py",
                  "    if app.flags.on(\"fares.surcharge_v2\"):\n"
                  "        pence = pence * (1.11 if sea[\"wave_cm\"] > 180 else 1.0)\n"
                  "    elif sea[\"wave_cm\"] > 150:\n"
                  "        pence = pence * 1.08\n"
                  "    total = int(pence * people)\n",
                  "    total = int(pence * surcharge(sea[\"wave_cm\"]) * people)\n"),
             Edit("services/fares.py", "@app.route(\"POST\", \"/quote\")\n",
                  "def surcharge(wave_cm: int) -> float:\n"
                  "    if app.flags.on(\"fares.surcharge_v2\"):\n"
                  "        return 1.11 if wave_cm > 180 else 1.0\n"
                  "    return 1.08 if wave_cm > 150 else 1.0\n\n\n"
                  "@app.route(\"POST\", \"/quote\")\n"),
         )),
    Step("shorter-wait", -25, MARET, "fix(crossings): wait 1400 ms for tidecast, not 1500",
         edits=(Edit("config/settings.json", '"tidecast_timeout_ms": 1500', '"tidecast_timeout_ms": 1400'),)),
    Step("five-seconds", -14, MARET, "perf(crossings): fresher conditions, kept for five seconds",
         edits=(Edit("config/settings.json", '"conditions_ttl_s": 6', '"conditions_ttl_s": 5'),)),
    Step("limits", 1.5, ODD, "feat(gangway): say which field is missing in one answer",
         edits=(Edit("services/gangway.py",
                     "    for name in names:\n        if name not in ask:\n"
                     "            raise Problem(400, f\"{name} is missing\")\n",
                     "    missing = [name for name in names if name not in ask]\n"
                     "    if missing:\n"
                     "        raise Problem(400, f\"missing: {', '.join(missing)}\")\n"),)),
    Step("sorted", 3.0, ODD, "fix(timetable): sailings in the order of their departure",
         edits=(Edit("services/timetable.py", "    rows = rows_of(route)\n",
                     "    rows = sorted(rows_of(route), key=lambda row: (row[0], row[1]))\n"),)),
    Step("retry-place", 4.4, INES, "refactor(ferrykit): decide about retries in one place",
         edits=(
             Edit("ferrykit/client.py", "            if status == 503 and attempt < self.retries:\n",
                  "            if self._again(status, attempt):\n"),
             Edit("ferrykit/client.py", "    def _said(self",
                  "    def _again(self, status: int, attempt: int) -> bool:\n"
                  "        return status == 503 and attempt < self.retries\n\n"
                  "    def _said(self"),
         )),
    Step("docs-late", 6.0, LIV, "docs: what we do when tidecast is late",
         edits=(Edit("README.md", "One service alone:",
                     "When tidecast is late, crossings gives its last answer for up to 24 seconds.\n\n"
                     "One service alone:"),)),
    Step("analyze", 7.2, PIET, "chore(manifest): analyze the tables at start",
         edits=(Edit("services/manifest.py", "        if not db.execute(",
                     "        db.execute(\"analyze\")\n        if not db.execute("),)),
)

SCENARIO = Scenario(
    name="salt-lantern",
    minutes=17,
    start_step="surcharge-flag",
    steps=STEPS,
    events=(
        Deploy(2.0, "berths", "crowds"),
        Flag(5.5, "timetable.compact_rows", "timetable", True, ODD),
        Deploy(6.8, "fares", "one-helper"),
        Deploy(8.2, "crossings", "five-seconds"),
        Flag(8.9, "fares.surcharge_v2", "fares", True, LIV),
        Deploy(9.1, "timetable", "retry-place"),
        Outside(9.4, "ailing"),
        Outside(9.8, "down"),
        Outside(14.6, "well"),
    ),
    onset=Rule("onset", "crossings", "tidecast_error_ratio", 0.2, 2, "info", "tidecast fails crossings"),
    guilty_step=None,
    guilty_service=None,
    first_failing_service="crossings",
    blast_radius=("crossings", "timetable", "fares", "berths", "gangway"),
    remediation="Nothing to roll back. Call the forecaster; meanwhile serve older conditions for longer "
                "(grace_s) or sell without the surcharge and mark sailings as unconfirmed.",
    notes="tidecast, outside the company, slows down and then answers 503 to everything. The client spans "
          "of crossings towards it fail first, old answers bridge the time of grace, then crossings "
          "answers 502 and everything above it fails. It ends without any change of ours when tidecast "
          "is well again.",
    story="Within a minute, answers at the edge get slow, and soon after most of the public routes fail. "
          "Three services were deployed and one flag was switched in the minutes before the "
          "onset. Later everything is well again, although nobody deployed or switched anything.",
    decoys={
        "crowds": "a check of the number of travellers, seven minutes before",
        "idle-six": "fewer kept connections in fares; no errors and no delay after that deploy",
        "one-helper": "the same arithmetic, moved",
        "shorter-wait": "in the crossings deploy before the onset; 503s come in less than either wait",
        "five-seconds": "in the crossings deploy before the onset; calls rise by a fifth, all answered well",
        "sorted": "in the last deploy before the onset, of timetable; crossings fails below it",
        "retry-place": "same decision in another function, in that timetable deploy",
        "flag:fares.surcharge_v2": "another factor for the price, half a minute before the onset",
        "flag:timetable.compact_rows": "filters rows, no ship is sold out",
    },
    external_dependency="tidecast",
)
