"""The commits from before the incident, the same in every scenario."""

from scenarios.model import Edit, Step

DAY = 24 * 60
INES, ODD, MARET = "Ines Vaart", "Odd Skarland", "Maret Kuusk"
PIET, LIV, TAM = "Piet Hollema", "Liv Brennan", "Tam Oduya"

PAST = (
    Step("kit", -38 * DAY + 31, INES, "feat(ferrykit): server, client and telemetry for all services",
         adds=("README.md", "config/settings.json", "ferrykit/__init__.py", "ferrykit/settings.py",
               "ferrykit/telemetry.py", "ferrykit/server.py", "ferrykit/client.py",
               "services/__init__.py")),
    Step("manifest", -37 * DAY + 112, PIET, "feat(manifest): sailings, tariffs and tickets in sqlite",
         adds=("services/manifest.py",)),
    Step("maps", -35 * DAY - 44, INES, "feat(ferrykit): rows that lapse, answers that are kept",
         adds=("ferrykit/expiring.py", "ferrykit/cache.py")),
    Step("crossings", -34 * DAY + 75, MARET, "feat(crossings): harbour conditions from tidecast",
         adds=("services/crossings.py",)),
    Step("timetable", -33 * DAY + 201, ODD, "feat(timetable): sailings with the sea at their harbour",
         adds=("services/timetable.py",)),
    Step("fares", -31 * DAY - 12, LIV, "feat(fares): quotes from tariff and surcharge",
         adds=("services/fares.py",)),
    Step("berths", -29 * DAY + 166, TAM, "feat(berths): holds and tickets",
         adds=("services/berths.py",)),
    Step("purser", -28 * DAY + 58, PIET, "feat(purser): print boarding passes in the background",
         adds=("services/purser.py",)),
    Step("gangway", -27 * DAY - 95, ODD, "feat(gangway): the public routes",
         adds=("services/gangway.py",)),
    Step("kit-tests", -20 * DAY + 143, INES, "test(ferrykit): rows lapse, and the limit is a limit",
         adds=("tests/test_expiring.py",)),
    Step("stale", -13 * DAY + 17, MARET,
         "fix(crossings): short trouble at tidecast need not be ours\n\n"
         "Conditions change slowly. For a while an old answer is better than none.",
         edits=(
             Edit("config/settings.json", '"conditions_ttl_s": 6}', '"conditions_ttl_s": 6, "grace_s": 24}'),
             Edit("services/crossings.py", "cache = AnswerCache(app.telemetry, app.settings.scaled(\"conditions_ttl_s\"))\n",
                  "cache = AnswerCache(app.telemetry, app.settings.scaled(\"conditions_ttl_s\"))\n"
                  "GRACE_S = app.settings.scaled(\"grace_s\")\n"
                  "stale = Window()\n"
                  "app.telemetry.gauge(\"stale_answers_per_second\", stale.per_second)\n"),
             Edit("services/crossings.py", "from ferrykit.server import App\n",
                  "from ferrykit.server import App\nfrom ferrykit.telemetry import Window\n"),
             Edit("services/crossings.py",
                  "        known = ask_tidecast(port)\n"
                  "        cache.put(port, known)\n"
                  "        app.log(\"INFO\", f\"conditions at {port}: waves of {known['wave_cm']} cm\")\n",
                  "        try:\n"
                  "            known = ask_tidecast(port)\n"
                  "        except PeerError as error:\n"
                  "            age, known = cache.aged(port)\n"
                  "            if known is None or age > GRACE_S:\n"
                  "                raise\n"
                  "            stale.add()\n"
                  "            app.log(\"WARN\", f\"{error.message}; conditions at {port} are {age:.0f} s old\")\n"
                  "        else:\n"
                  "            cache.put(port, known)\n"
                  "            app.log(\"INFO\", f\"conditions at {port}: waves of {known['wave_cm']} cm\")\n"),
         )),
    Step("edge-pool", -9 * DAY - 61, ODD, "chore(config): 24 connections from gangway to each service",
         edits=(Edit("config/settings.json", '"gangway": {"pool_max": 16', '"gangway": {"pool_max": 24'),)),
    Step("docs-run", -6 * DAY + 9, LIV, "docs: how to run one service alone",
         edits=(Edit("README.md", "`ferrykit` is the library all of them share.\n",
                     "`ferrykit` is the library all of them share.\n\n"
                     "One service alone: give it a listening socket, peers and a place for its state\n"
                     "(`FERRY_LISTEN_FD`, `FERRY_PEERS`, `FERRY_STATE`, `FERRY_OUT`, `FERRY_FLAGS`), then\n"
                     "`python3 -m services.fares` and a line on its standard input.\n"),)),
    Step("index", -3 * DAY + 87, PIET, "fix(manifest): index the jobs by their state",
         edits=(Edit("services/manifest.py",
                     "trace, state)\")\n        if not",
                     "trace, state)\")\n"
                     "        db.execute(\"create index if not exists jobs_state on jobs(state)\")\n"
                     "        if not"),)),
    Step("compact", -22 * 60, ODD, "feat(timetable): leave sold-out ships out of the answer, behind a flag",
         edits=(Edit("services/timetable.py", "    time.sleep(0.003)\n",
                     "    if app.flags.on(\"timetable.compact_rows\"):\n"
                     "        rows = [row for row in rows if row[2] > 0]\n"
                     "    time.sleep(0.003)\n"),)),
)

REJECT_CROWDS = Edit(
    "services/berths.py",
    "    price = fares.post(",
    "    if not 1 <= people <= 9:\n"
    "        raise Problem(422, \"one to nine travellers, please\")\n"
    "    price = fares.post(")
