//! Small invented changes in many languages, each with the mechanism it must be read as, or none.

use rca_core::diff::{DiffInput, HarmlessKind, Reading, read, read_with};
use rca_core::mechanism::{Mechanism, MechanismId, Mechanisms, id};

fn reading(path: &str, diff: &str) -> Reading {
    let files = [path];
    read(&DiffInput { diff: Some(diff), files: &files, message: "change" })
}

/// Path, diff (context lines begin with a blank), expected strongest mechanism.
const GUILTY: &[(&str, &str, MechanismId)] = &[
    // Limits and times, in many syntaxes.
    (
        "tide/client.go",
        "-\tctx, cancel := context.WithTimeout(ctx, 4*time.Second)\n+\tctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)",
        id::TIMEOUT_LOWERED,
    ),
    ("tide/app.yaml", " http:\n-  read_timeout: 30s\n+  read_timeout: 500ms", id::TIMEOUT_LOWERED),
    (
        "tide/Client.java",
        "-    client.setReadTimeout(Duration.ofSeconds(20));\n+    client.setReadTimeout(Duration.ofMillis(250));",
        id::TIMEOUT_LOWERED,
    ),
    (
        "tide/client.py",
        "-    resp = session.send(req, timeout=30)\n+    resp = session.send(req, timeout=1)",
        id::TIMEOUT_LOWERED,
    ),
    (
        "tide/client.rs",
        "-    .timeout(Duration::from_secs(10))\n+    .timeout(Duration::from_millis(100))",
        id::TIMEOUT_LOWERED,
    ),
    ("tide/client.ts", "-  timeoutMs: 15000,\n+  timeoutMs: 900,", id::TIMEOUT_LOWERED),
    (
        "tide/client.go",
        "-\tTimeout: 2 * time.Second,\n+\tTimeout: 10 * time.Minute,",
        id::TIMEOUT_RAISED,
    ),
    (
        "berth/db.properties",
        "-spring.datasource.hikari.maximum-pool-size=40\n+spring.datasource.hikari.maximum-pool-size=4",
        id::POOL_LIMIT_LOWERED,
    ),
    (
        "berth/pool.rs",
        "-    .max_connections(64)\n+    .max_connections(8)",
        id::POOL_LIMIT_LOWERED,
    ),
    (
        "berth/settings.json",
        "-  \"maxWorkers\": 32,\n+  \"maxWorkers\": 2,",
        id::POOL_LIMIT_LOWERED,
    ),
    (
        "berth/pool.rs",
        "-    .max_connections(8)\n+    .max_connections(400)",
        id::POOL_LIMIT_RAISED,
    ),
    ("berth/cache.py", "-CACHE_TTL_SECONDS = 3600\n+CACHE_TTL_SECONDS = 5", id::CACHE_TTL_LOWERED),
    ("berth/cache.toml", " [cache]\n-ttl = \"1h\"\n+ttl = \"10s\"", id::CACHE_TTL_LOWERED),
    ("berth/cache.tf", "-  cache_ttl = 86400\n+  cache_ttl = 60", id::CACHE_TTL_LOWERED),
    ("berth/cache.py", "-CACHE_TTL_SECONDS = 5\n+CACHE_TTL_SECONDS = 3600", id::CACHE_TTL_RAISED),
    ("berth/cache.go", "-\tcacheMaxEntries = 50000\n+\tcacheMaxEntries = 500", id::CACHE_REMOVED),
    ("quay/policy.go", "-const maxAttempts = 6\n+const maxAttempts = 1", id::RETRIES_LOWERED),
    ("quay/retry.js", "-  retries: 2,\n+  retries: 25,", id::RETRIES_RAISED),
    (
        "quay/retry.py",
        " def fetch_with_retry():\n     for attempt in range(5):\n-        time.sleep(2 ** attempt)\n         call()",
        id::BACKOFF_REMOVED,
    ),
    (
        "quay/limits.yaml",
        " rate_limit:\n-  requests_per_second: 500\n+  requests_per_second: 20",
        id::RATE_LIMIT_LOWERED,
    ),
    (
        "deploy/quay.yaml",
        "   resources:\n     limits:\n-      memory: 1Gi\n+      memory: 128Mi",
        id::MEMORY_LIMIT_LOWERED,
    ),
    (
        "deploy/quay.yaml",
        "   resources:\n     limits:\n-      cpu: 2000m\n+      cpu: 100m",
        id::CPU_LIMIT_LOWERED,
    ),
    ("deploy/quay.yaml", " spec:\n-  replicas: 12\n+  replicas: 2", id::REPLICAS_LOWERED),
    (
        "deploy/quay.yaml",
        "   livenessProbe:\n-    timeoutSeconds: 10\n+    timeoutSeconds: 1",
        id::PROBE_CHANGED,
    ),
    ("quay/log.yaml", " logging:\n-  level: warn\n+  level: debug", id::LOG_VOLUME_RAISED),
    ("quay/worker.rb", "-  BATCH_SIZE = 100\n+  BATCH_SIZE = 50_000", id::BATCH_SIZE_RAISED),
    (
        "quay/poll.go",
        "-\tpollInterval = 5 * time.Minute\n+\tpollInterval = 1 * time.Second",
        id::INTERVAL_SHORTENED,
    ),
    ("quay/flags.yaml", " features:\n-  new_router: false\n+  new_router: true", id::FLAG_FLIPPED),
    (
        "quay/job.yaml",
        "-  schedule: \"0 3 * * *\"\n+  schedule: \"*/5 * * * *\"",
        id::SCHEDULE_CHANGED,
    ),
    (
        "quay/app.env",
        "-TIDE_URL=http://tide.internal:8080\n+TIDE_URL=http://tides.internal:8080",
        id::ENDPOINT_CHANGED,
    ),
    (
        "quay/iam.tf",
        "-  role = \"berth-writer\"\n+  role = \"berth-reader\"",
        id::PERMISSION_CHANGED,
    ),
    ("quay/app.yaml", "-  harbour_url: abc\n+  harbor_url: abc", id::CONFIG_KEY_CHANGED),
    (
        "quay/main.py",
        "-    key = os.environ.get(\"HARBOUR_KEY\")\n+    key = os.environ.get(\"HARBOR_KEY\")",
        id::CONFIG_KEY_CHANGED,
    ),
    // Guards.
    (
        "ferry/Trip.java",
        " String name(Trip t) {\n-    if (t.captain == null) {\n-      return \"\";\n-    }\n     return t.captain.name();",
        id::NULL_GUARD_REMOVED,
    ),
    (
        "ferry/trip.ts",
        "-  return trip.captain?.name ?? 'nobody';\n+  return trip.captain.name;",
        id::NULL_GUARD_REMOVED,
    ),
    (
        "ferry/trip.py",
        "-    if trip.captain is None:\n-        return None\n     return trip.captain.name",
        id::NULL_GUARD_REMOVED,
    ),
    (
        "ferry/trip.rs",
        "-    let captain = trip.captain.unwrap_or_default();\n+    let captain = trip.captain.unwrap();",
        id::NULL_GUARD_REMOVED,
    ),
    (
        "ferry/trip.go",
        " func first(xs []Trip) Trip {\n-\tif len(xs) == 0 {\n-\t\treturn Trip{}\n-\t}\n \treturn xs[0]",
        id::BOUNDS_GUARD_REMOVED,
    ),
    (
        "ferry/page.c",
        "-    for (i = 0; i < n; i++) {\n+    for (i = 0; i <= n; i++) {",
        id::OFF_BY_ONE,
    ),
    (
        "ferry/gate.kt",
        "-    if (ticket.valid && paid) {\n+    if (ticket.valid || paid) {",
        id::CONDITION_CHANGED,
    ),
    (
        "ferry/read.go",
        "-\tdata, err := load(path)\n-\tif err != nil {\n-\t\treturn nil, err\n-\t}\n+\tdata, _ := load(path)",
        id::ERROR_HANDLING_REMOVED,
    ),
    // Locks, resources, tasks.
    (
        "ferry/seats.go",
        " func (s *Seats) Take(id string) {\n-\ts.mu.Lock()\n-\tdefer s.mu.Unlock()\n \ts.free[id] = false",
        id::LOCK_REMOVED,
    ),
    (
        "ferry/transfer.go",
        "-\ta.mu.Lock()\n-\tb.mu.Lock()\n+\tb.mu.Lock()\n+\ta.mu.Lock()",
        id::LOCK_ORDER_CHANGED,
    ),
    (
        "ferry/file.py",
        "-    with open(path) as f:\n-        return f.read()\n+    return open(path).read()",
        id::RESOURCE_LEAK,
    ),
    (
        "ferry/http.go",
        " \tresp, err := c.hc.Do(req)\n-\tdefer resp.Body.Close()",
        id::RESOURCE_LEAK,
    ),
    (
        "ferry/serve.go",
        " func (h *H) HandleTrip(w http.ResponseWriter, r *http.Request) {\n+\tgo func() {\n+\t\tfor { h.notify(r) }\n+\t}()",
        id::TASK_LEAK,
    ),
    // Growth.
    (
        "ferry/audit.py",
        "+SEEN = []\n \n def record(trip):\n+    SEEN.append(trip)\n     return trip",
        id::UNBOUNDED_GROWTH,
    ),
    (
        "ferry/memo.py",
        "-@lru_cache(maxsize=256)\n+@lru_cache(maxsize=None)\n def fare(a, b):",
        id::UNBOUNDED_GROWTH,
    ),
    (
        "ferry/audit.js",
        " class Audit {\n   record(trip) {\n+    this.history.push(trip);\n     return trip;",
        id::UNBOUNDED_GROWTH,
    ),
    // Loops.
    (
        "ferry/list.py",
        " def trips(ids):\n-    rows = db.query_many(ids)\n+    rows = []\n+    for trip_id in ids:\n+        rows.append(db.query(\"SELECT * FROM trips WHERE id = %s\", trip_id))\n     return rows",
        id::CALLS_IN_LOOP,
    ),
    (
        "ferry/list.ts",
        "-  const all = await api.fetchTrips(ids);\n+  const all = [];\n+  for (const id of ids) {\n+    all.push(await api.fetchTrip(id));\n+  }",
        id::CALLS_IN_LOOP,
    ),
    (
        "ferry/models.py",
        "-    return Trip.objects.select_related('captain').all()\n+    return Trip.objects.all()",
        id::CALLS_IN_LOOP,
    ),
    (
        "ferry/handle.go",
        " func (h *H) Book(ctx context.Context, t Trip) error {\n+\ttime.Sleep(2 * time.Second)\n \treturn h.save(t)",
        id::SLEEP_ADDED,
    ),
    (
        "ferry/parse.js",
        "-const NAME = /^[a-z]+$/;\n+const NAME = /^([a-z]+)+$/;",
        id::REGEX_CHANGED,
    ),
    ("ferry/spin.go", " func drain(q *Q) {\n+\tfor {\n+\t\tq.tryNext()\n+\t}\n }", id::BUSY_LOOP),
    // Steps.
    (
        "ferry/consume.py",
        " def on_message(msg):\n     handle(msg)\n-    channel.basic_ack(msg.tag)",
        id::ACK_CHANGED,
    ),
    ("ferry/fares.go", "-\treturn s.cache.Get(key)\n+\treturn s.compute(key)", id::CACHE_REMOVED),
    // Data.
    ("db/migrations/7.sql", "+DROP INDEX trips_by_day;", id::INDEX_DROPPED),
    ("db/migrations/8.sql", "+ALTER TABLE trips DROP COLUMN captain;", id::SCHEMA_CHANGED),
    ("db/migrations/9.sql", "+CREATE INDEX trips_by_day ON trips (day);", id::MIGRATION_LOCK),
    ("db/migrations/10.sql", "+UPDATE trips SET state = 'open';", id::MIGRATION_LOCK),
    ("ferry/q.sql", " SELECT id FROM trips\n-WHERE day = $1\n ORDER BY id", id::QUERY_UNBOUNDED),
    (
        "ferry/repo.rb",
        "-    Trip.where(day: day).limit(50)\n+    Trip.where(day: day)",
        id::QUERY_UNBOUNDED,
    ),
    // Interfaces.
    ("api/trip.proto", "-  string captain = 3;\n+  string captain = 4;", id::WIRE_FORMAT_CHANGED),
    ("api/trip.proto", " message Trip {\n-  string captain = 3;\n }", id::WIRE_FORMAT_CHANGED),
    (
        "api/trip.go",
        "-\tCaptain string `json:\"captain\"`\n+\tCaptain string `json:\"captain_name\"`",
        id::WIRE_FORMAT_CHANGED,
    ),
    ("api/routes.py", "-@app.get(\"/v1/trips\")\n+@app.get(\"/v2/trips\")", id::API_CHANGED),
    (
        "go.mod",
        " require (\n-\texample.org/tide/core v1.2.0\n+\texample.org/tide/core v2.0.0\n )",
        id::DEPENDENCY_BUMPED,
    ),
    (
        "go.mod",
        " require (\n-\texample.org/tidewire v1.2.0\n+\texample.org/tidewire v1.6.0\n \texample.com/old/tidewire v1.1.0\n )",
        id::DEPENDENCY_CONFLICT,
    ),
    (
        "package.json",
        "-    \"tidejs\": \"^3.1.0\",\n+    \"tidejs\": \"^4.0.0\",",
        id::DEPENDENCY_BUMPED,
    ),
    ("Dockerfile", "-FROM python:3.9-slim\n+FROM python:4.0-slim", id::RUNTIME_BUMPED),
    ("ferry/price.go", "-\treturn net * rate\n+\treturn net * rate * 100", id::CALCULATION_CHANGED),
];

/// Path, diff, expected reason.
const HARMLESS: &[(&str, &str, HarmlessKind)] = &[
    ("docs/tide.md", "-old words\n+new words", HarmlessKind::Documentation),
    (
        "tide/a.go",
        "-\t// an old comment about timeout: 5s\n+\t// a new comment about timeout: 1s",
        HarmlessKind::Documentation,
    ),
    ("tide/a.py", "-# limit = 5\n+# limit = 1", HarmlessKind::Documentation),
    (
        "tide/a_test.go",
        "-\ttimeout := 5 * time.Second\n+\ttimeout := 1 * time.Second",
        HarmlessKind::Tests,
    ),
    ("src/test/java/TideTest.java", "-  int max = 5;\n+  int max = 1;", HarmlessKind::Tests),
    ("tide/a.go", "-\tx:=f( a )\n+\tx := f(a)", HarmlessKind::Formatting),
    (
        "tide/a.go",
        "-\tif t == nil {\n-\t\treturn\n-\t}\n \tuse(t)\n+\tif t == nil {\n+\t\treturn\n+\t}",
        HarmlessKind::Formatting,
    ),
    (
        "tide/a.go",
        "-\tlog.Printf(\"read %d\", n)\n+\tlog.Printf(\"read %d tides\", n)",
        HarmlessKind::Observability,
    ),
    ("tide/a.py", "+    metrics.counter('tides').inc()", HarmlessKind::Observability),
    ("web/a.css", "-.a { padding: 8px }\n+.a { padding: 80px }", HarmlessKind::Appearance),
    (
        ".github/workflows/a.yml",
        "-  timeout-minutes: 30\n+  timeout-minutes: 5",
        HarmlessKind::Tooling,
    ),
    ("CODEOWNERS", "-* @a\n+* @b", HarmlessKind::Tooling),
    (
        "tide/a.go",
        " \te := index[id]\n+\tif e == nil {\n+\t\treturn nil\n+\t}",
        HarmlessKind::Hardening,
    ),
    ("tide/a.go", " \tresp, err := c.Do(req)\n+\tdefer resp.Body.Close()", HarmlessKind::Hardening),
    (
        "go.mod",
        "-\texample.org/tide v1.2.3\n+\texample.org/tide v1.2.4",
        HarmlessKind::PatchRelease,
    ),
    (
        "tide/a.go",
        "-\tc := r.Context()\n-\treturn fetch(c, q)\n+\tctx := r.Context()\n+\treturn fetch(ctx, q)",
        HarmlessKind::Refactoring,
    ),
];

#[test]
fn what_a_change_does_is_its_strongest_finding() {
    let mut wrong = Vec::new();
    for (path, diff, expected) in GUILTY {
        let reading = reading(path, diff);
        let strongest = reading.findings.first();
        if strongest
            .is_none_or(|finding| finding.mechanism != *expected || finding.strength.value() < 0.4)
            || reading.harmless.is_some()
        {
            let found: Vec<_> = reading
                .findings
                .iter()
                .map(|f| format!("{} {}", f.mechanism, f.strength))
                .collect();
            wrong.push(format!(
                "{path}\n{diff}\n  expected {expected}, found {found:?} {:?}",
                reading.harmless
            ));
        }
    }
    assert!(GUILTY.len() + HARMLESS.len() >= 60);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn harmless_changes_have_a_reason_and_nothing_strong_against_them() {
    let mut wrong = Vec::new();
    for (path, diff, expected) in HARMLESS {
        let reading = reading(path, diff);
        if reading.harmless.as_ref().map(|harmless| harmless.kind) != Some(*expected)
            || reading.findings.iter().any(|finding| finding.strength.value() >= 0.4)
        {
            wrong.push(format!("{path}\n{diff}\n  {reading:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The strength of a mechanism in a reading.
fn strength(path: &str, diff: &str, mechanism: &MechanismId) -> f64 {
    let reading = reading(path, diff);
    let found = reading.findings.iter().find(|finding| finding.mechanism == *mechanism);
    found.map_or(0.0, |finding| finding.strength.value())
}

#[test]
fn a_bounded_cache_does_not_grow_and_an_unbounded_one_does() {
    let open = "+var recent = map[string]Trip{}\n \n func note(t Trip) {\n+\trecent[t.ID] = t\n }";
    let bounded = "+var recent = map[string]Trip{}\n \n func note(t Trip) {\n+\trecent[t.ID] = t\n+\tif len(recent) > maxRecent { evictOldest(recent) }\n }";
    assert!(strength("a.go", open, &id::UNBOUNDED_GROWTH) > 0.7);
    assert!(strength("a.go", bounded, &id::UNBOUNDED_GROWTH) < 0.4);
}

#[test]
fn a_moved_guard_is_not_a_removed_guard() {
    let moved = "-\tif t.Captain == nil {\n-\t\treturn \"\"\n-\t}\n+\tif t.Captain == nil || closed {\n+\t\treturn \"\"\n+\t}\n \treturn t.Captain.Name";
    assert!(strength("a.go", moved, &id::NULL_GUARD_REMOVED) < 0.4);
}

#[test]
fn a_small_step_is_weaker_than_a_large_one() {
    let small = strength("a.yaml", "-timeout: 10s\n+timeout: 9s", &id::TIMEOUT_LOWERED);
    let large = strength("a.yaml", "-timeout: 10s\n+timeout: 100ms", &id::TIMEOUT_LOWERED);
    assert!(small > 0.0 && small < 0.5 && large > 0.9);
}

#[test]
fn a_background_loop_is_no_call_for_each_item() {
    let worker = " func (w *W) run(ctx context.Context) {\n+\tfor {\n+\t\t<-w.tick\n+\t\tw.client.Refresh(ctx)\n+\t}";
    assert!(strength("a.go", worker, &id::CALLS_IN_LOOP) < 0.2);
}

#[test]
fn statements_carry_the_numbers_and_the_place() {
    let diff = "diff --git a/tide/pool.go b/tide/pool.go\n--- a/tide/pool.go\n+++ b/tide/pool.go\n@@ -7,2 +7,2 @@ func Pool() *P {\n \tp := &P{}\n-\tp.MaxConns = 60\n+\tp.MaxConns = 6\n";
    let reading = read(&DiffInput { diff: Some(diff), files: &[], message: "" });
    let found = &reading.findings[0];
    assert_eq!(found.statement, "pool or concurrency limit lowered 60 -> 6 (p.MaxConns)");
    assert_eq!((found.file.as_str(), found.line), ("tide/pool.go", Some(8)));
    assert_eq!(found.function.as_deref(), Some("Pool"));
    assert!(reading.identifiers.contains(&"MaxConns".to_owned()));
    assert!(reading.identifiers.contains(&"conns".to_owned()));
}

#[test]
fn the_user_s_own_words_are_found() {
    let own = Mechanism {
        id: MechanismId::new("lock_gate"),
        code_words: vec!["sluice".into(), "open".into()].into(),
        ..Mechanisms::standard().get(&id::CALL_REMOVED).unwrap().clone()
    };
    let files = ["a.go"];
    let input = DiffInput { diff: Some("+\tsluice.Open(1)"), files: &files, message: "" };
    let reading = read_with(&input, &Mechanisms::empty().with(own));
    assert!(reading.findings.iter().any(|finding| finding.mechanism.as_str() == "lock_gate"));
}
