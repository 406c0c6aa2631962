//! The same way of doing harm in many languages, each beside a harmless twin.

use rca_core::diff::{DiffInput, HarmlessKind, Reading, read};
use rca_core::mechanism::{MechanismId, id};

fn reading(path: &str, diff: &str) -> Reading {
    let files = [path];
    read(&DiffInput { diff: Some(diff), files: &files, message: "change" })
}

fn strength(path: &str, diff: &str, mechanism: &MechanismId) -> f64 {
    let found = reading(path, diff);
    let of = |sign: &&rca_core::diff::CodeSign| sign.mechanism == *mechanism;
    found.findings.iter().filter(of).map(|sign| sign.strength.value()).fold(0.0, f64::max)
}

/// Path, what does harm, its twin that does not (in this way), the mechanism.
type Row = (&'static str, &'static str, &'static str, MechanismId);

const ROWS: &[Row] = &[
    // Settings beside their name, inside of texts, in calls.
    (
        "infra/db.tf",
        " parameter {\n   name  = \"max_connections\"\n-  value = \"400\"\n+  value = \"40\"\n }",
        " parameter {\n   name  = \"application_name\"\n-  value = \"400\"\n+  value = \"40\"\n }",
        id::POOL_LIMIT_LOWERED,
    ),
    (
        "quay/Gate.cs",
        "-        _http.Timeout = TimeSpan.FromSeconds(20);\n+        _http.Timeout = TimeSpan.FromMilliseconds(300);",
        "-        _http.Timeout = TimeSpan.FromSeconds(20);\n+        _http.Timeout = TimeSpan.FromMilliseconds(20000);",
        id::TIMEOUT_LOWERED,
    ),
    (
        "quay/tide.conf",
        "-    proxy_cache_valid 200 30m;\n+    proxy_cache_valid 200 3s;",
        "-    proxy_cache_valid 200 30m;\n+    proxy_cache_valid 203 30m;",
        id::CACHE_TTL_LOWERED,
    ),
    (
        "quay/head.py",
        "-    answer.headers[\"Cache-Control\"] = \"public, max-age=7200\"\n+    answer.headers[\"Cache-Control\"] = \"public, max-age=7\"",
        "-    answer.headers[\"Cache-Control\"] = \"public, max-age=7200\"\n+    answer.headers[\"Cache-Control\"] = \"max-age=7200, public\"",
        id::CACHE_TTL_LOWERED,
    ),
    (
        "quay/head.go",
        "-\tw.Header().Set(\"Cache-Control\", \"public, max-age=7200\")\n+\tw.Header().Set(\"Cache-Control\", \"no-store\")",
        "-\tw.Header().Set(\"Cache-Control\", \"public, max-age=7200\")\n+\tw.Header().Set(\"Cache-Control\", \"private, max-age=7200\")",
        id::CACHE_REMOVED,
    ),
    (
        "deploy/quay.yaml",
        " env:\n   - name: JAVA_OPTS\n-    value: \"-Xms2g -Xmx6g\"\n+    value: \"-Xms2g -Xmx600m\"",
        " env:\n   - name: JAVA_OPTS\n-    value: \"-Xms2g -Xmx6g\"\n+    value: \"-Xmx6g -Xms2g\"",
        id::MEMORY_LIMIT_LOWERED,
    ),
    (
        "sql/roles.sql",
        "-ALTER ROLE ferry SET statement_timeout = '40s';\n+ALTER ROLE ferry SET statement_timeout = '200ms';",
        "-ALTER ROLE ferry SET statement_timeout = '40s';\n+ALTER ROLE harbour SET statement_timeout = '40s';",
        id::TIMEOUT_LOWERED,
    ),
    (
        "quay/jobs.go",
        "-\tjobs := make(chan Job, 5000)\n+\tjobs := make(chan Job, 5)",
        "-\tjobs := make(chan Job, 5000)\n+\tjobs := make(chan Task, 5000)",
        id::QUEUE_LIMIT_LOWERED,
    ),
    (
        "app.yaml",
        " clients:\n-  tides:\n-    timeout: 4s\n-  charts:\n-    timeout: 300ms\n+  all:\n+    timeout: 300ms",
        " clients:\n-  tides:\n-    timeout: 4s\n-  charts:\n-    timeout: 4s\n+  all:\n+    timeout: 4s",
        id::TIMEOUT_LOWERED,
    ),
    (
        "flags/pier.json",
        "   \"targeting\": {\n     \"fractional\": [\n-      [\"new\", 5],\n+      [\"new\", 900],\n       [\"old\", 95]",
        "   \"targeting\": {\n     \"fractional\": [\n-      [\"new\", 5],\n+      [\"next\", 5],\n       [\"old\", 95]",
        id::ROUTING_CHANGED,
    ),
    (
        "infra/db.tf",
        "-  instance_class = \"db.r6g.4xlarge\"\n+  instance_class = \"db.r6g.large\"",
        "-  instance_class = \"db.r6g.large\"\n+  instance_class = \"db.r6g.4xlarge\"",
        id::MACHINE_SHRUNK,
    ),
    (
        "infra/db.tf",
        "-  iops = 9000\n+  iops = 900",
        "-  iops = 900\n+  iops = 9000",
        id::IO_LIMIT_LOWERED,
    ),
    // Dates, zones, units.
    (
        "quay/offer.ts",
        "+const ENDS = new Date('2031-04-05T00:00:00Z');\n export function price(now: Date) {\n+  if (now > ENDS) return full();\n   return reduced();",
        "+const RELEASED = '2031-04-05';\n export function about() {\n   return text();",
        id::HARDCODED_EXPIRY,
    ),
    (
        "quay/offer.yaml",
        "-valid_until: \"2039-12-31\"\n+valid_until: \"2031-04-05\"",
        "-api_version: \"2039-12-31\"\n+api_version: \"2031-04-05\"",
        id::HARDCODED_EXPIRY,
    ),
    (
        "quay/settings.py",
        "-TIME_ZONE = \"UTC\"\n+TIME_ZONE = \"Asia/Tokyo\"",
        "-TITLE = \"UTC\"\n+TITLE = \"Asia/Tokyo\"",
        id::LOCALE_CHANGED,
    ),
    (
        "quay/Days.java",
        "-    DateTimeFormatter f = DateTimeFormatter.ofPattern(\"yyyy-MM-dd\");\n+    DateTimeFormatter f = DateTimeFormatter.ofPattern(\"YYYY-MM-dd\");",
        "-    DateTimeFormatter f = DateTimeFormatter.ofPattern(\"yyyy-MM-dd\");\n+    DateTimeFormatter f = DateTimeFormatter.ofPattern(\"yyyy/MM/dd\");",
        id::LOCALE_CHANGED,
    ),
    (
        "quay/wait.go",
        "-\tlimit := time.Duration(cfg.LimitSeconds) * time.Second\n+\tlimit := time.Duration(cfg.LimitSeconds) * time.Millisecond",
        "-\tlimit := time.Duration(cfg.LimitSeconds) * time.Second\n+\tbound := time.Duration(cfg.LimitSeconds) * time.Second",
        id::UNIT_MISTAKE,
    ),
    // Guards.
    (
        "ferry/find.go",
        "-\tberth, ok := berths[id]\n-\tif !ok {\n-\t\treturn none\n-\t}\n-\treturn berth.Name()\n+\treturn berths[id].Name()",
        "-\tberth, ok := berths[id]\n-\tif !ok {\n-\t\treturn none\n-\t}\n+\tberth, found := berths[id]\n+\tif !found {\n+\t\treturn none\n+\t}\n \treturn berth.Name()",
        id::NULL_GUARD_REMOVED,
    ),
    (
        "ferry/trip.js",
        "-  const stops = (trip && trip.stops) || [];\n+  const stops = trip.stops;",
        "-  const stops = (trip && trip.stops) || [];\n+  const halts = (trip && trip.stops) || [];",
        id::NULL_GUARD_REMOVED,
    ),
    (
        "ferry/trip.py",
        "-    if not stops:\n-        return None\n     return stops[0]",
        "-    if not stops:\n+    if not stops or closed:\n         return None\n     return stops[0]",
        id::BOUNDS_GUARD_REMOVED,
    ),
    (
        "ferry/name.c",
        "-    strncpy(name, src, sizeof(name) - 1);\n+    strcpy(name, src);",
        "-    strcpy(name, src);\n+    strncpy(name, src, sizeof(name) - 1);",
        id::BOUNDS_GUARD_REMOVED,
    ),
    // Locks, leaks, tasks.
    (
        "ferry/book.sql",
        "-SELECT seats FROM trips WHERE id = $1 FOR UPDATE;\n+SELECT seats FROM trips WHERE id = $1;",
        "-SELECT seats FROM trips WHERE id = $1;\n+SELECT seats FROM trips WHERE id = $1 FOR UPDATE;",
        id::LOCK_REMOVED,
    ),
    (
        "ferry/fares.go",
        " func (f *Fares) Refresh(ctx context.Context) error {\n-\trows, err := f.client.FetchAll(ctx)\n-\tif err != nil { return err }\n \tf.mu.Lock()\n \tdefer f.mu.Unlock()\n+\trows, err := f.client.FetchAll(ctx)\n+\tif err != nil { return err }\n \tf.rows = rows",
        " func (f *Fares) Refresh(ctx context.Context) error {\n \tf.mu.Lock()\n \tdefer f.mu.Unlock()\n-\trows, err := f.client.FetchAll(ctx)\n-\tif err != nil { return err }\n \tf.rows = rows\n+\trows, err := f.client.FetchAll(ctx)\n+\tif err != nil { return err }",
        id::LOCK_HELD_LONGER,
    ),
    (
        "ferry/read.cc",
        "   int fd = connect_store(host);\n   auto reply = get(fd, path);\n+  if (!reply.ok()) {\n+    return Empty();\n+  }\n   auto trip = parse(reply);\n   close(fd);\n   return trip;",
        "   int fd = connect_store(host);\n   auto reply = get(fd, path);\n+  if (!reply.ok()) {\n+    close(fd);\n+    return Empty();\n+  }\n   auto trip = parse(reply);\n   close(fd);\n   return trip;",
        id::RESOURCE_LEAK,
    ),
    (
        "ferry/read.rb",
        "-    File.open(path) { |f| parse(f) }\n+    f = File.open(path)\n+    parse(f)",
        "-    File.open(path) { |f| parse(f) }\n+    File.open(path) { |f| scan(f) }",
        id::RESOURCE_LEAK,
    ),
    (
        "ferry/pump.go",
        " \tselect {\n-\tcase <-ctx.Done():\n-\t\treturn\n \tcase trip := <-trips:\n \t\tsend(trip)",
        " \tselect {\n-\tcase <-ctx.Done():\n-\t\treturn\n+\tcase <-ctx.Done():\n+\t\treturn nil\n \tcase trip := <-trips:\n \t\tsend(trip)",
        id::TASK_LEAK,
    ),
    (
        "ferry/On.java",
        " public void handle(Trip trip) {\n-    executor.submit(() -> note(trip));\n+    new Thread(() -> note(trip)).start();",
        " public void handle(Trip trip) {\n-    executor.submit(() -> note(trip));\n+    executor.submit(() -> record(trip));",
        id::TASK_LEAK,
    ),
    // Growth.
    (
        "ferry/open.rs",
        " impl Open {\n     fn begin(&mut self, id: Id, trip: Trip) {\n         self.trips.insert(id, trip);\n     }\n-    fn end(&mut self, id: &Id) {\n-        self.trips.remove(id);\n-    }",
        " impl Open {\n     fn begin(&mut self, id: Id, trip: Trip) {\n         self.trips.insert(id, trip);\n     }\n-    fn end(&mut self, id: &Id) {\n+    fn finish(&mut self, id: &Id) {\n         self.trips.remove(id);\n     }",
        id::UNBOUNDED_GROWTH,
    ),
    (
        "ferry/count.go",
        "-\ttrips = prometheus.NewCounterVec(opts, []string{\"route\"})\n+\ttrips = prometheus.NewCounterVec(opts, []string{\"route\", \"user_id\"})",
        "-\ttrips = prometheus.NewCounterVec(opts, []string{\"route\"})\n+\ttrips = prometheus.NewCounterVec(opts, []string{\"route\", \"status\"})",
        id::CARDINALITY_RAISED,
    ),
    // Calls.
    (
        "ferry/list.cs",
        "-        var crews = await _db.Crews.LoadMany(ids);\n+        foreach (var id in ids)\n+        {\n+            crews.Add(await _db.Crews.FindAsync(id));\n+        }",
        "-        foreach (var crew in crews)\n-        {\n-            names.Add(crew.Name);\n-        }\n+        foreach (var crew in crews)\n+        {\n+            titles.Add(crew.Title);\n+        }",
        id::CALLS_IN_LOOP,
    ),
    (
        "ferry/list.kt",
        "-    val berths = berthClient.getAll(ids)\n+    val berths = ids.associateWith { berthClient.get(it) }",
        "-    val berths = berthClient.getAll(ids)\n+    val berths = berthClient.getAll(ids).associateWith { it.name }",
        id::CALLS_IN_LOOP,
    ),
    (
        "ferry/list.py",
        "-    pipe = r.pipeline()\n-    for k in keys:\n-        pipe.get(k)\n-    return pipe.execute()\n+    return [r.get(k) for k in keys]",
        "-    return [row.name for row in rows]\n+    return [row.title for row in rows]",
        id::CALLS_IN_LOOP,
    ),
    (
        "ferry/tell.go",
        "-\tgo s.mail.Send(ctx, note)\n+\tif err := s.mail.Send(ctx, note); err != nil { return err }",
        "-\tgo s.mail.Send(ctx, note)\n+\tgo s.mail.Send(ctx, letter)",
        id::BLOCKING_CALL,
    ),
    (
        "ferry/join.py",
        " async def join(self, user, ip):\n+    name, _, _ = socket.gethostbyaddr(ip)\n     return await self.rooms.add(user)",
        " async def join(self, user, ip):\n+    name = short(ip)\n     return await self.rooms.add(user)",
        id::BLOCKING_CALL,
    ),
    // Order, keys, forms.
    (
        "ferry/take.go",
        "-\tif err := handle(msg); err != nil { return err }\n-\treturn msg.Ack()\n+\tmsg.Ack()\n+\treturn handle(msg)",
        "-\tif err := handle(msg); err != nil { return err }\n-\treturn msg.Ack()\n+\tif err := handle(msg); err != nil { return wrap(err) }\n+\treturn msg.Ack()",
        id::ACK_CHANGED,
    ),
    (
        "ferry/save.py",
        " db.update(trip)\n-cache.delete(f\"trip:{trip.id}\")\n return trip",
        " db.update(trip)\n-log.info(f\"trip:{trip.id}\")\n return trip",
        id::CACHE_TTL_RAISED,
    ),
    (
        "ferry/feed.ts",
        "-  const key = `feed:${port}:${lang}`;\n+  const key = `feed:${Object.values(ctx).join(':')}`;\n   const hit = await cache.get(key);",
        "-  const key = `feed:${port}:${lang}`;\n+  const key = `feeds:${port}:${lang}`;\n   const hit = lookup(key);",
        id::CACHE_REMOVED,
    ),
    (
        "ferry/Tell.java",
        "-        kafka.send(\"trips\", trip.id().toString(), event);\n+        kafka.send(\"trips\", trip.port().code(), event);",
        "-        kafka.send(\"trips\", trip.id().toString(), event);\n+        kafka.send(\"trips\", trip.id().toString(), note);",
        id::PARTITION_KEY_CHANGED,
    ),
    (
        "ferry/Write.cs",
        "-        Converters = { new StringEnumConverter() },\n+        Indented = false,",
        "-        Converters = { new StringEnumConverter() },\n+        Converters = { new StringEnumConverter(), },",
        id::SERIALIZER_CHANGED,
    ),
    (
        "pom.xml",
        "     <artifactId>tidewire</artifactId>\n-    <version>2.9.1</version>\n+    <version>3.0.0</version>",
        "     <artifactId>tidewire</artifactId>\n-    <version>2.9.1</version>\n+    <version>2.9.2</version>",
        id::DEPENDENCY_BUMPED,
    ),
    (
        "Dockerfile",
        "-FROM node:20-bookworm\n+FROM node:20-alpine",
        "-FROM node:20-bookworm\n+FROM node:20-bullseye",
        id::RUNTIME_BUMPED,
    ),
    (
        "ferry/schema.py",
        " class TripIn(BaseModel):\n-    note: str | None = None\n+    note: str",
        " class TripIn(BaseModel):\n-    note: str\n+    note: str | None = None",
        id::VALIDATION_ADDED,
    ),
    // Keys of what is kept and of what is sent.
    (
        "quay/fare_cache.py",
        " def fare_key(trip, guest):\n-    return f\"fare:{trip.line}:{trip.day}:{guest.tariff}\"\n+    return f\"fare:{trip.line}:{trip.day}\"",
        " def fare_key(trip, guest):\n-    return f\"fare:{trip.line}:{trip.day}:{guest.tariff}\"\n+    return f\"f2:{trip.line}:{trip.day}:{guest.tariff}\"",
        id::CACHE_KEY_NARROWED,
    ),
    (
        "quay/cache/key.rs",
        " fn encode(&self) -> String {\n-    format!(\n-        \"berth:{}:{}\",\n-        self.quay, self.guest\n-    )\n+    format!(\"b:{}\", self.quay)\n }",
        " fn encode(&self) -> String {\n-    format!(\n-        \"berth:{}:{}\",\n-        self.quay, self.guest\n-    )\n+    format!(\"b:{}:{}\", self.quay, self.guest)\n }",
        id::CACHE_KEY_NARROWED,
    ),
    (
        "quay/fares.ts",
        "-  const key = `fare:${trip.line}:${guest.tariff}`;\n+  const key = `fare:${trip.line}`;\n   return this.redis.get(key);",
        "-  log.info(`fare ${trip.line} ${guest.tariff}`);\n+  log.info(`fare ${trip.line}`);\n   return this.redis.get(key);",
        id::CACHE_KEY_NARROWED,
    ),
    (
        "quay/events.py",
        "     self.bus.produce(\n         TOPIC,\n-        key=event[\"trip\"].encode(),\n+        key=event[\"harbour\"].encode(),\n         value=body,\n     )",
        "     self.bus.produce(\n         TOPIC,\n         key=event[\"trip\"].encode(),\n-        value=body,\n+        value=pack(body),\n     )",
        id::PARTITION_KEY_CHANGED,
    ),
    // Labels, one a line.
    (
        "quay/seen.go",
        " \tseconds.With(prometheus.Labels{\n-\t\t\"route\": route,\n+\t\t\"route\": r.URL.Path,\n \t}).Observe(took)",
        " \tseconds.With(prometheus.Labels{\n-\t\t\"route\": route,\n+\t\t\"route\": template(r),\n \t}).Observe(took)",
        id::CARDINALITY_RAISED,
    ),
    (
        "quay/seen.ts",
        "   histogram.labels({\n-    route: req.route.path,\n+    route: req.originalUrl,\n   }).observe(took);",
        "   render({\n-    route: req.route.path,\n+    route: req.originalUrl,\n   });",
        id::CARDINALITY_RAISED,
    ),
    // Settings of serialisers.
    (
        "quay/Json.java",
        " return JsonMapper.builder()\n     .addModule(new JavaTimeModule())\n+    .enable(SerializationFeature.WRITE_ENUMS_USING_INDEX)\n     .build();",
        " return JsonMapper.builder()\n+    .addModule(new JavaTimeModule())\n     .build();",
        id::SERIALIZER_CHANGED,
    ),
    // The order of locks.
    (
        "quay/move.go",
        "-\tsort.Strings(ids)\n \tfor _, id := range ids {\n \t\tb, err := s.lockBerth(ctx, tx, id)",
        "-\tsort.Strings(ids)\n \tfor _, id := range ids {\n \t\tb, err := s.findBerth(ctx, tx, id)",
        id::LOCK_ORDER_CHANGED,
    ),
    (
        "quay/Move.java",
        "-    Berth first = a.compareTo(b) < 0 ? a : b;\n-    first.lock();\n-    other(first).lock();\n+    a.lock();\n+    b.lock();",
        "-    Berth first = a.compareTo(b) < 0 ? a : b;\n-    first.paint();\n-    other(first).paint();\n+    a.paint();\n+    b.paint();",
        id::LOCK_ORDER_CHANGED,
    ),
    (
        "quay/move.py",
        "-    a = Berth.objects.select_for_update().get(id=low)\n-    b = Berth.objects.select_for_update().get(id=high)\n+    a = Berth.objects.select_for_update().get(id=source)\n+    b = Berth.objects.select_for_update().get(id=target)",
        "-    a = Berth.objects.get(id=low)\n-    b = Berth.objects.get(id=high)\n+    a = Berth.objects.get(id=source)\n+    b = Berth.objects.get(id=target)",
        id::LOCK_ORDER_CHANGED,
    ),
    // Tasks that nobody waits for.
    (
        "quay/log.ts",
        "   async book(trip: Trip) {\n-    await this.record(trip);\n+    this.record(trip);\n   }\n   async record(trip: Trip) {\n   }",
        "   async book(trip: Trip) {\n-    this.record(trip);\n+    await this.record(trip);\n   }\n   async record(trip: Trip) {\n   }",
        id::CONCURRENCY_CHANGED,
    ),
    // Cultures of the whole process.
    (
        "quay/Startup.cs",
        " app.UseRouting();\n+app.UseRequestLocalization(o => o.AddSupportedCultures(\"nl\", \"sv\"));",
        " app.UseRouting();\n+app.UseResponseCompression();",
        id::LOCALE_CHANGED,
    ),
    // Elixir: private functions, and what is only said of a function.
    (
        "quay/tree.ex",
        "+defp height(node) do\n+  1 + height(node.parent)\n+end",
        "+@spec height(node()) :: integer()\n+defp height(node) do\n+  node.height\n+end",
        id::RECURSION_ADDED,
    ),
];

#[test]
fn each_harm_is_read_in_its_language_and_its_twin_is_not() {
    let mut wrong = Vec::new();
    for (path, harm, twin, mechanism) in ROWS {
        let (bad, good) = (strength(path, harm, mechanism), strength(path, twin, mechanism));
        if bad < 0.4 || good >= 0.4 {
            let found = reading(path, if bad < 0.4 { harm } else { twin }).findings;
            let found: Vec<_> = found
                .iter()
                .map(|sign| format!("{} {} {}", sign.mechanism, sign.strength, sign.statement))
                .collect();
            wrong.push(format!("{mechanism} in {path}: {bad} and {good}\n{harm}\n{found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn names_in_settings_are_values_and_not_renamed_locals() {
    let selector = "   selector:\n-    app: ferry\n+    app: ferry-api";
    assert!(reading("k8s/service.yaml", selector).harmless.is_none());
    let field = " export interface Trip {\n-  priceCents: number;\n+  price: number;";
    assert!(reading("ferry/trip.ts", field).harmless.is_none());
}

#[test]
fn a_check_that_refuses_is_trusted_less_than_one_that_skips() {
    let skips = reading("a.go", " \te := index[id]\n+\tif e == nil {\n+\t\treturn nil\n+\t}");
    let refuses =
        reading("a.go", " \te := index[id]\n+\tif e == nil {\n+\t\treturn ErrInvalidID\n+\t}");
    let trust = |reading: &Reading| reading.harmless.as_ref().unwrap().strength.value();
    assert!(trust(&skips) > 0.8 && trust(&refuses) < 0.5);
}

#[test]
fn code_that_only_moved_into_a_function_does_the_same() {
    let kind = |path: &str, diff: &str| reading(path, diff).harmless.map(|reason| reason.kind);
    let go = "-\tif err := crypt.Compare(u.Hash, []byte(word)); err != nil {\n-\t\treturn nil, ErrWord\n-\t}\n+\tif err := s.checker.Check(u.Hash, word); err != nil {\n+\t\treturn nil, ErrWord\n+\t}\n+}\n+\n+func (crypted) Check(hash []byte, word string) error {\n+\treturn crypt.Compare(hash, []byte(word))\n }";
    assert_eq!(kind("quay/words.go", go), Some(HarmlessKind::Refactoring));
    let python = "-    page = env.get_template(\"ticket.html\").render(trip=trip)\n-    return paper.HTML(string=page).write_pdf()\n+    return printed(env.get_template(\"ticket.html\").render(trip=trip))\n+\n+\n+def printed(page):\n+    return paper.HTML(string=page).write_pdf()";
    assert_eq!(kind("quay/tickets.py", python), Some(HarmlessKind::Refactoring));
    assert!(reading("quay/tickets.py", python).findings.is_empty());
    for (what, changed) in [
        (
            "another value",
            python.replacen(
                "+    return printed(env.get_template(\"ticket",
                "+    return printed(env.get_template(\"tickets",
                1,
            ),
        ),
        (
            "a call is gone",
            python.replacen(".write_pdf()", ".page", 2).replacen(".page", ".write_pdf()", 1),
        ),
        (
            "a condition more",
            python.replacen(
                "+def printed(page):\n+    return",
                "+def printed(page):\n+    if page: return",
                1,
            ),
        ),
        ("another thing", python.replacen("+    return paper.HTML", "+    return stone.HTML", 1)),
    ] {
        assert_eq!(kind("quay/tickets.py", &changed), None, "{what}");
    }
}

#[test]
fn a_value_that_moved_to_the_configuration_is_the_same() {
    let moved = |settings: &str| {
        let diff = format!(
            "@@ quay/gate.go @@\n-\treturn NewGate(PerShip, 30, time.Minute)\n+\treturn NewGate(PerShip, cfg.Gate.PerMinute, time.Minute)\n@@ quay/gate.yaml @@\n+gate:\n{settings}\n"
        );
        let reading = reading("quay/gate.go", &diff);
        reading.harmless.is_some_and(|reason| reason.kind == HarmlessKind::Refactoring)
    };
    assert!(moved("+  per_minute: 30"));
    assert!(!moved("+  per_minute: 3"), "another value");
    assert!(!moved("+  per_hour: 30"), "under another name");
    assert!(!moved("+  per_minute: 30\n+  pool: 1"), "a setting more");
}
