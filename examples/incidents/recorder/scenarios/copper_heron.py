"""A library change makes holds stay for ever; the table fills up minutes later.

The guilty commit keeps deadlines in milliseconds but sweeps with a clock in
seconds: nothing is ever swept. Reads are converted well, so an expired hold is
still refused and the tests pass; only the number of kept rows grows. berths
takes the library with its next deploy and runs well until its table is full.
"""

from scenarios.model import Deploy, Edit, Flag, Rule, Scenario, Step
from scenarios.past import INES, LIV, MARET, ODD, PAST, PIET, REJECT_CROWDS, TAM

STEPS = PAST + (
    Step("receipts", -19 * 60 - 7, TAM, "feat(berths): a receipt number for each hold, behind a flag",
         edits=(Edit("services/berths.py",
                     "    return 200, {\"hold\": number, \"pence\": price[\"pence\"]}\n",
                     "    out = {\"hold\": number, \"pence\": price[\"pence\"]}\n"
                     "    if app.flags.on(\"berths.hold_receipts\"):\n"
                     "        out[\"receipt\"] = f\"R-{number[:6].upper()}\"\n"
                     "    return 200, out\n"),)),
    Step("rounding", -95, LIV, "fix(fares): round half pennies up, as the tariff book says",
         edits=(Edit("services/fares.py", "    total = int(pence * people)\n",
                     "    total = int(pence * people + 0.5)\n"),)),
    Step("sweep", -70, INES,
         "perf(ferrykit): deadlines in whole milliseconds, cheaper sweep\n\n"
         "Rows are kept in the order of their deadlines, so the sweep may stop at the\n"
         "first live one instead of looking at all of them under the lock.",
         edits=(
             Edit("ferrykit/expiring.py", "class ExpiringMap:\n",
                  "def now_ms() -> int:\n    return int(time.time() * 1000)\n\n\nclass ExpiringMap:\n"),
             Edit("ferrykit/expiring.py", "        self.ttl_s = ttl_s\n",
                  "        self.ttl_ms = int(ttl_s * 1000)\n"),
             Edit("ferrykit/expiring.py", "(time.time() + self.ttl_s, value)", "(now_ms() + self.ttl_ms, value)"),
             Edit("ferrykit/expiring.py", "if deadline > time.time() else", "if deadline > now_ms() else"),
             Edit("ferrykit/expiring.py",
                  "        for key in [key for key, (deadline, _) in self._rows.items() if deadline <= now]:\n"
                  "            del self._rows[key]\n",
                  "        while self._rows:\n"
                  "            key, (deadline, _) = next(iter(self._rows.items()))\n"
                  "            if deadline > now:\n"
                  "                break\n"
                  "            del self._rows[key]\n"),
             Edit("ferrykit/expiring.py",
                  "        now = time.time()\n"
                  "        return [[key, deadline - now, value] for",
                  "        now = now_ms()\n"
                  "        return [[key, (deadline - now) / 1000, value] for"),
             Edit("ferrykit/expiring.py",
                  "        now = time.time()\n"
                  "        self._rows = {key: (now + left, value) for",
                  "        now = now_ms()\n"
                  "        self._rows = {key: (now + int(left * 1000), value) for"),
         )),
    Step("larger-deck", -52, TAM, "chore(berths): hold table of 340 for the summer timetable",
         edits=(Edit("config/settings.json", '"hold_table_max": 320', '"hold_table_max": 340'),)),
    Step("hold-time", -33, TAM, "feat(berths): tell the traveller how long a hold lasts",
         edits=(
             Edit("services/berths.py", "HOLD_TABLE_MAX = ",
                  "HOLD_TTL_S = app.settings.scaled(\"hold_ttl_s\")\nHOLD_TABLE_MAX = "),
             Edit("services/berths.py", "holds = ExpiringMap(app.settings.scaled(\"hold_ttl_s\"), HOLD_TABLE_MAX)",
                  "holds = ExpiringMap(HOLD_TTL_S, HOLD_TABLE_MAX)"),
             Edit("services/berths.py", "    out = {\"hold\": number, \"pence\": price[\"pence\"]}\n",
                  "    out = {\"hold\": number, \"pence\": price[\"pence\"], \"lasts_s\": HOLD_TTL_S}\n"),
         )),
    Step("crossings-ttl", -12, MARET, "perf(crossings): conditions are good for eight seconds",
         edits=(Edit("config/settings.json", '"conditions_ttl_s": 6', '"conditions_ttl_s": 8'),)),
    Step("sessions", 3.2, PIET, "chore(manifest): 32 sessions, 24 was a guess from the trial",
         edits=(Edit("config/settings.json", '"sessions_max": 24', '"sessions_max": 32'),)),
    Step("crowds", 4.6, TAM, "fix(berths): turn away holds for more than nine travellers",
         edits=(REJECT_CROWDS,)),
    Step("edge-wait", 6.1, ODD, "fix(gangway): wait three seconds for berths, not four",
         edits=(Edit("config/settings.json", '"berths_timeout_ms": 4000', '"berths_timeout_ms": 3000'),)),
    Step("docs-holds", 8.0, LIV, "docs: what a hold is, and why it may be refused",
         edits=(Edit("README.md", "One service alone:",
                     "A hold keeps places for a short time. It is refused when the table of holds is\n"
                     "full or the ship is; the traveller may try again later.\n\nOne service alone:"),)),
    Step("slow-log", 9.4, ODD, "feat(timetable): log answers that take long",
         edits=(Edit("services/timetable.py", "    time.sleep(0.003)\n",
                     "    time.sleep(0.003)\n"
                     "    if app.telemetry.current().elapsed_ms() > 500:\n"
                     "        app.log(\"WARN\", f\"sailings of {route} took long\")\n"),)),
)

SCENARIO = Scenario(
    name="copper-heron",
    minutes=17,
    start_step="receipts",
    steps=STEPS,
    events=(
        Deploy(2.5, "fares", "rounding"),
        Flag(5.0, "timetable.compact_rows", "timetable", True, ODD),
        Deploy(7.0, "berths", "hold-time"),
        Deploy(8.8, "crossings", "crossings-ttl"),
        Deploy(9.9, "manifest", "sessions"),
        Deploy(10.4, "berths", "crowds"),
        Flag(10.9, "berths.hold_receipts", "berths", True, TAM),
        Deploy(11.3, "gangway", "edge-wait"),
    ),
    onset=Rule("onset", "berths", "http_error_ratio", 0.15, 3, "info", "berths begins to refuse holds"),
    guilty_step="sweep",
    guilty_service="berths",
    first_failing_service="berths",
    blast_radius=("berths", "gangway"),
    remediation="Deploy berths with the library as it was before the commit, or with now_ms() in _sweep; the "
                "first sweep then removes every lapsed hold.",
    notes="Deadlines became milliseconds, _sweep still compares them with time.time() in seconds, so no "
          "lapsed hold is ever removed. holds_active leaves its level with the first berths deploy that "
          "holds the commit, goes on rising through the second one (the table is handed on) and errors "
          "begin only when it reaches holds_max. fares got no deploy with the commit; crossings, manifest "
          "and gangway hold it but do not use the map.",
    story="Travellers can look for sailings and get quotes, but more and more of them cannot get a hold: "
          "first none is refused, then nearly all are. The alert is on the edge. Two deploys of the service "
          "that refuses, deploys of four others and two flags lie before it.",
    decoys={
        "rounding": "arithmetic of the price only; fares stays calm",
        "larger-deck": "same deploy as the guilty commit and names the hold table, but gives more room",
        "hold-time": "same deploy and same service; one more field in the answer",
        "crossings-ttl": "cache time from 6 to 8 s; hit ratio a little higher, no failures there",
        "sessions": "more sessions shortly before the onset; in-use sessions never come near the limit",
        "crowds": "the last berths deploy before the onset; the rise began with the deploy before it",
        "edge-wait": "a shorter wait at the service that alerts; answers come in far less than that",
        "docs-holds": "text only, never deployed",
        "flag:berths.hold_receipts": "one field more in the answer, just before the onset",
        "flag:timetable.compact_rows": "filters rows, no ship is sold out",
    },
)
