/* Events made by hand and their graph, sources that are polled, telemetry in pieces, and a PDF of what came of it. */
#include "check.h"

static growing scratch = {NULL, 0, 0};

static rca_workspace *memory(void) {
    rca_workspace *workspace = NULL;
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace));
    return workspace;
}

static rca_batch *bundle(const char *folder) {
    rca_batch *batch = NULL;
    OK(rca_read_bundle(rca_s(folder), RCA_NONE, NULL, &batch));
    return batch;
}

static unsigned long counted(const rca_batch *batch, const char *what) {
    rca_text *counts = NULL;
    OK(rca_batch_counts(batch, &counts));
    unsigned long many = number(member(view(counts), what));
    rca_text_free(counts);
    return many;
}

/* Pulls, and says whether it ended so. */
static int ends(const rca_workspace *workspace, const rca_source *source, rca_str options, const char *expected) {
    rca_text *report = NULL;
    OK(rca_pull(workspace, source, options, NULL, NULL, &report));
    int same = is(word(member(view(report), "end")), expected);
    if (!same) printf("%.*s\n", (int)view(report).length, view(report).data);
    rca_text_free(report);
    return same;
}

/* ---- Without a workspace. ---- */

static void events_made_by_hand(const char *repository) {
    static const char deploy[] =
        "{\"timestamp\":\"2026-05-04T09:00:00Z\",\"source\":\"deploy\",\"event_type\":\"deploy\",\"title\":\"till v7\","
        "\"entity\":{\"kind\":\"service\",\"name\":\"kassa\"},\"source_id\":\"d-7\"}";
    static const char alert[] =
        "{\"timestamp\":\"2026-05-04T09:05:00Z\",\"source\":\"alert\",\"event_type\":\"alert\",\"title\":\"till is slow\","
        "\"entity\":{\"kind\":\"service\",\"name\":\"till\"},\"source_id\":\"a-1\"}";
    rca_batch *one = NULL;
    rca_batch *other = NULL;
    rca_batch *whole = NULL;
    rca_batch *named = NULL;
    rca_graph *graph = NULL;
    rca_iterator *events = NULL;
    rca_text *text = NULL;
    OK(rca_batch_of_events(rca_s(deploy), &one));
    OK(rca_batch_of_events(rca_s(alert), &other));
    OK(rca_batch_join(other, one, &whole));
    CHECK(counted(whole, "events") == 2 && counted(one, "events") == 1);
    OK(rca_batch_resolve(whole, RCA_S("{\"aliases\": {\"till\": [\"kassa\"]}}"), &named));
    OK(rca_batch_entities(named, &text));
    CHECK(count(view(text)) == 1 && is(word(member(element(view(text), 0), "name")), "till"));
    rca_text_free(text);
    rca_batch_free(named);
    CHECK(rca_batch_resolve(whole, RCA_S("{\"aliases\": 7}"), &named) == RCA_INVALID_INPUT && named == NULL);
    CHECK(rca_batch_of_events(RCA_S("[{\"title\": 7}]"), &named) == RCA_INVALID_INPUT);
    CHECK(is(rca_last_error().source, "events[0]"));

    /* Their graph, walked. */
    clear(&scratch);
    add_s(&scratch, "[");
    OK(rca_batch_resolve(whole, RCA_S("{\"aliases\": {\"till\": [\"kassa\"]}}"), &named));
    OK(rca_batch_events(named, &events));
    OK(rca_iterator_next(events, &text));
    char first[64];
    rca_str id = word(member(view(text), "id"));
    snprintf(first, sizeof first, "%.*s", (int)id.length, id.data);
    add(&scratch, view(text));
    rca_text_free(text);
    OK(rca_iterator_next(events, &text));
    char second[64];
    id = word(member(view(text), "id"));
    snprintf(second, sizeof second, "%.*s", (int)id.length, id.data);
    add_s(&scratch, ",");
    add(&scratch, view(text));
    add_s(&scratch, "]");
    rca_text_free(text);
    rca_iterator_free(events);
    OK(rca_graph_of_events(grown(&scratch), &graph));
    OK(rca_graph_stats(graph, &text));
    CHECK(number(member(view(text), "nodes")) == 2 && number(member(view(text), "edges")) > 0);
    rca_text_free(text);
    OK(rca_edges_of(graph, rca_s(first), RCA_S("out"), &text));
    CHECK(count(view(text)) > 0);
    rca_text_free(text);
    OK(rca_within_hops(graph, rca_s(first), 1, RCA_S("both"), &text));
    CHECK(holds(view(text), second));
    rca_text_free(text);
    OK(rca_component(graph, rca_s(first), &text));
    CHECK(count(view(text)) == 2);
    rca_text_free(text);
    clear(&scratch);
    add_s(&scratch, "{\"toward\": \"causes\", \"restarts\": {");
    add_quoted(&scratch, rca_s(second));
    add_s(&scratch, ": 1}}");
    OK(rca_page_rank(graph, grown(&scratch), &text));
    CHECK(count(view(text)) == 2);
    rca_text_free(text);
    CHECK(rca_page_rank(graph, RCA_S("{\"toward\": \"heaven\", \"restarts\": {}}"), &text) == RCA_INVALID_INPUT);
    CHECK(rca_edges_of(graph, RCA_S("x"), RCA_S("out"), &text) == RCA_INVALID_INPUT && text == NULL);
    rca_graph_free(graph);
    rca_batch_free(named);
    rca_batch_free(whole);
    rca_batch_free(other);
    rca_batch_free(one);

    /* A webhook, and a commit. */
    OK(rca_read_delivery(RCA_S("{\"X-GitHub-Event\": \"release\"}"),
                         RCA_S("{\"action\": \"published\", \"release\": {\"id\": 1, \"tag_name\": \"v7\", "
                               "\"published_at\": \"2026-05-04T09:00:00Z\", \"draft\": false, \"prerelease\": false}, "
                               "\"repository\": {\"full_name\": \"shop/till\", \"name\": \"till\"}}"),
                         RCA_S("2026-05-04T09:00:01Z"), RCA_NONE, &one));
    CHECK(counted(one, "events") == 1);
    rca_batch_free(one);
    OK(rca_git_diff(rca_s(repository), RCA_S("HEAD"), &text));
    CHECK(holds(view(text), "+2") && holds(view(text), "till.conf"));
    rca_text_free(text);
    CHECK(rca_git_diff(rca_s(repository), RCA_S("nonsense"), &text) == RCA_INVALID_INPUT);
    rca_workspace *workspace = memory();
    OK(rca_index_opened(workspace, &text));
    CHECK(is(word(member(view(text), "index")), "created"));
    rca_text_free(text);
    rca_workspace_close(workspace);
}

/* ---- Three tickets, one a page. ---- */

typedef struct tickets {
    const rca_workspace *workspace;
    const rca_source *self;
    rca_page *kept;
    int calls;
} tickets;

static void next_ticket(void *user_data, rca_str checkpoint, rca_str now, rca_page *page) {
    tickets *all = (tickets *)user_data;
    char event[256];
    char at[16];
    rca_batch *batch = NULL;
    rca_text *report = NULL;
    uint64_t known = 0;
    unsigned long next = number(checkpoint) + 1;
    all->calls++;
    CHECK(now.length >= 20 && now.data[now.length - 1] == 'Z');
    CHECK((checkpoint.data == NULL) == (next == 1));
    /* It may use the workspace; pulling itself would wait for ever. */
    OK(rca_event_count(all->workspace, &known));
    CHECK(known == next - 1 || known == 3);
    CHECK(rca_pull(all->workspace, all->self, RCA_NONE, NULL, NULL, &report) == RCA_BUSY && report == NULL);
    /* What is none of ours is told at once; then the right ones. */
    CHECK(rca_page_give(page, NULL, RCA_S("{"), false) == RCA_INVALID_INPUT);
    CHECK(rca_page_fail(page, RCA_S("tired"), RCA_S("no"), 0) == RCA_INVALID_INPUT);
    if (next > 3) {
        OK(rca_page_give(page, NULL, checkpoint, false));
        return;
    }
    snprintf(event, sizeof event,
             "{\"timestamp\":\"2026-05-04T09:0%lu:00Z\",\"source\":\"ticket\",\"event_type\":\"ticket\","
             "\"title\":\"ticket %lu\",\"source_id\":\"T-%lu\"}", next, next, next);
    snprintf(at, sizeof at, "%lu", next);
    OK(rca_batch_of_events(rca_s(event), &batch));
    OK(rca_page_give(page, batch, rca_s(at), next < 3));
    rca_batch_free(batch);
    all->kept = page;
}

static void a_source_of_ones_own(void) {
    tickets all = {memory(), NULL, NULL, 0};
    rca_source *source = NULL;
    rca_text *text = NULL;
    bool known = false;
    OK(rca_source_new(RCA_S("tickets"), next_ticket, &all, &source));
    all.self = source;
    OK(rca_source_name(source, &text));
    CHECK(is(view(text), "tickets"));
    rca_text_free(text);
    OK(rca_pull(all.workspace, source, RCA_NONE, NULL, NULL, &text));
    CHECK(number(member(view(text), "pages")) == 3 && number(member(view(text), "accepted")) == 3);
    CHECK(is(word(member(view(text), "checkpoint")), "3"));
    rca_text_free(text);
    /* What it kept of a page is no page any more. */
    CHECK(rca_page_give(all.kept, NULL, RCA_S("9"), false) == RCA_INVALID_INPUT);
    /* Nothing new, then everything again: known by its ids. */
    CHECK(ends(all.workspace, source, RCA_NONE, "caught_up") && all.calls == 4);
    OK(rca_forget_checkpoint(all.workspace, RCA_S("tickets"), &known));
    CHECK(known);
    OK(rca_forget_checkpoint(all.workspace, RCA_S("tickets"), &known));
    CHECK(!known);
    OK(rca_pull(all.workspace, source, RCA_S("{\"pages\": 2, \"anew\": true}"), NULL, NULL, &text));
    CHECK(is(word(member(view(text), "end")), "more_pages") && number(member(view(text), "duplicates")) == 2);
    rca_text_free(text);
    OK(rca_sources(all.workspace, &text));
    rca_str first = element(member(view(text), "sources"), 0);
    CHECK(is(word(member(first, "name")), "tickets") && is(word(member(first, "standing")), "ready"));
    CHECK(number(member(first, "pages")) == 6);
    rca_text_free(text);
    /* Somebody wants it to stop before it began. */
    rca_cancel *cancel = NULL;
    OK(rca_cancel_new(&cancel));
    OK(rca_cancel_now(cancel));
    rca_watch watch = {NULL, NULL, cancel};
    CHECK(rca_pull(all.workspace, source, RCA_NONE, &watch, NULL, &text) == RCA_CANCELLED && text == NULL);
    rca_cancel_free(cancel);
    CHECK(rca_pull(all.workspace, source, RCA_S("{\"page\": 2}"), NULL, NULL, &text) == RCA_INVALID_INPUT);
    OK(rca_workspace_close((rca_workspace *)all.workspace));
    OK(rca_source_free(source));
    CHECK(rca_source_free(source) == RCA_INVALID_INPUT);
    CHECK(rca_source_new(RCA_NONE, next_ticket, NULL, &source) == RCA_INVALID_INPUT);
    CHECK(rca_source_new(RCA_S(""), next_ticket, NULL, &source) == RCA_INVALID_INPUT);
    CHECK(rca_source_new(RCA_S("x"), NULL, NULL, &source) == RCA_INVALID_INPUT && source == NULL);
}

/* ---- What may be in the way. ---- */

static void fails(void *user_data, rca_str checkpoint, rca_str now, rca_page *page) {
    const char *kind = (const char *)user_data;
    (void)checkpoint;
    (void)now;
    if (kind != NULL) OK(rca_page_fail(page, rca_s(kind), RCA_S("as it says"), 7200));
}

static void faults_say_what_to_do(void) {
    static const char *const known[][2] = {
        {"unreachable", "gave_up"},     {"timed_out", "gave_up"},     {"server", "gave_up"},
        {"throttled", "not_before"},    {"credentials", "needs_human"}, {"forbidden", "needs_human"},
        {"not_found", "needs_human"},   {"malformed", "impossible"},
    };
    rca_workspace *workspace = memory();
    rca_source *source = NULL;
    rca_text *text = NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        OK(rca_source_new(rca_s(known[i][0]), fails, (void *)known[i][0], &source));
        CHECK(ends(workspace, source, RCA_S("{\"tries\": 1}"), known[i][1]));
        rca_source_free(source);
    }
    OK(rca_source_new(RCA_S("cancelled"), fails, (void *)"cancelled", &source));
    CHECK(rca_pull(workspace, source, RCA_NONE, NULL, NULL, &text) == RCA_CANCELLED && text == NULL);
    rca_source_free(source);
    OK(rca_source_new(RCA_S("silent"), fails, NULL, &source));
    OK(rca_pull(workspace, source, RCA_NONE, NULL, NULL, &text));
    CHECK(is(word(member(view(text), "end")), "impossible"));
    CHECK(holds(member(view(text), "fault"), "neither gave a page"));
    rca_text_free(text);
    rca_source_free(source);
    /* Paused until somebody says that it was repaired. */
    OK(rca_sources(workspace, &text));
    CHECK(holds(view(text), "\"paused\""));
    rca_text_free(text);
    OK(rca_reset_source(workspace, RCA_S("credentials")));
    OK(rca_sources(workspace, &text));
    for (size_t i = 0; i < count(member(view(text), "sources")); i++) {
        rca_str one = element(member(view(text), "sources"), i);
        if (is(word(member(one, "name")), "credentials")) CHECK(is(word(member(one, "standing")), "ready"));
        if (is(word(member(one, "name")), "forbidden")) CHECK(is(word(member(one, "standing")), "paused"));
    }
    rca_text_free(text);
    rca_workspace_close(workspace);
}

/* Pages without end, until somebody wants it to stop. */
static void endless(void *user_data, rca_str checkpoint, rca_str now, rca_page *page) {
    char at[16];
    unsigned long next = number(checkpoint) + 1;
    (void)now;
    if (next == 5) OK(rca_cancel_now((const rca_cancel *)user_data));
    CHECK(next <= 5);
    snprintf(at, sizeof at, "%lu", next);
    OK(rca_page_give(page, NULL, rca_s(at), next < 1000));
}

static void a_pull_is_stopped_in_the_middle(void) {
    rca_workspace *workspace = memory();
    rca_source *source = NULL;
    rca_cancel *cancel = NULL;
    rca_text *report = NULL;
    bool known = false;
    OK(rca_cancel_new(&cancel));
    OK(rca_source_new(RCA_S("endless"), endless, cancel, &source));
    rca_watch watch = {NULL, NULL, cancel};
    CHECK(rca_pull(workspace, source, RCA_NONE, &watch, NULL, &report) == RCA_CANCELLED && report == NULL);
    /* What was stored until then stays. */
    OK(rca_forget_checkpoint(workspace, RCA_S("endless"), &known));
    CHECK(known);
    rca_source_free(source);
    rca_cancel_free(cancel);
    rca_workspace_close(workspace);
}

/* ---- Telemetry comes back; what is kept of it can be sent. ---- */

static void all_of_it(void *user_data, rca_str checkpoint, rca_str now, rca_page *page) {
    (void)checkpoint;
    (void)now;
    OK(rca_page_give(page, (const rca_batch *)user_data, RCA_S("null"), false));
}

static void telemetry_in_pieces(const char *incident) {
    rca_workspace *workspace = memory();
    rca_batch *batch = bundle(incident);
    rca_batch *telemetry = NULL;
    rca_batch *found = NULL;
    rca_source *source = NULL;
    rca_partial *state = NULL;
    rca_partial *other = NULL;
    rca_text *text = NULL;
    rca_text *again = NULL;
    uint64_t events = 0;
    OK(rca_source_new(RCA_S("all"), all_of_it, batch, &source));
    OK(rca_pull(workspace, source, RCA_NONE, NULL, &telemetry, &text));
    OK(rca_event_count(workspace, &events));
    CHECK(events == counted(batch, "events") && number(member(view(text), "accepted")) == events);
    CHECK(counted(telemetry, "events") == 0);
    CHECK(counted(telemetry, "metric_points") == counted(batch, "metric_points"));
    rca_text_free(text);
    rca_source_free(source);

    OK(rca_partial_new(RCA_NONE, &state));
    OK(rca_partial_new(RCA_S("{\"memory_bytes\": 100000000}"), &other));
    OK(rca_partial_absorb(other, telemetry));
    OK(rca_partial_merge(state, other));
    OK(rca_partial_counts(state, &text));
    CHECK(number(member(view(text), "samples")) == counted(batch, "metric_points"));
    rca_text_free(text);
    OK(rca_partial_bytes(state, &text));
    rca_partial_free(other);
    OK(rca_partial_from_bytes(view(text), &other));
    OK(rca_partial_bytes(other, &again));
    CHECK(rca_text_length(text) == rca_text_length(again) &&
          memcmp(rca_text_data(text), rca_text_data(again), rca_text_length(text)) == 0);
    rca_text_free(again);
    rca_text_free(text);
    rca_partial_free(other);
    CHECK(rca_partial_from_bytes(RCA_NONE, &other) == RCA_INVALID_INPUT && is(rca_last_error().source, "bytes"));
    CHECK(rca_partial_from_bytes(RCA_S("nonsense"), &other) == RCA_CORRUPT && other == NULL);

    OK(rca_batch_counts(batch, &text));
    clear(&scratch);
    add_s(&scratch, "{\"window\": ");
    add(&scratch, member(view(text), "covers"));
    add_s(&scratch, "}");
    OK(rca_partial_findings(state, grown(&scratch), NULL, &found));
    CHECK(counted(found, "events") > 0);
    rca_batch_free(found);
    rca_text_free(text);
    CHECK(rca_partial_findings(state, RCA_S("{}"), NULL, &found) == RCA_INVALID_INPUT && found == NULL);
    CHECK(rca_partial_findings(state, RCA_S("{\"window\": {\"start\": \"2026-05-04T09:00:00Z\", \"end\": "
                                            "\"2026-05-04T08:00:00Z\"}}"), NULL, &found) == RCA_INVALID_INPUT);

    OK(rca_investigate_batch(workspace, batch, &text));
    rca_str id = word(member(member(view(text), "investigation"), "id"));
    OK(rca_observe_partial(workspace, id, state));
    OK(rca_analyze(workspace, id, &again));
    CHECK(is(word(member(view(again), "verdict")), "change"));
    rca_text_free(again);
    rca_text_free(text);
    rca_partial_free(state);
    rca_batch_free(telemetry);
    rca_batch_free(batch);
    rca_workspace_close(workspace);
}

/* ---- Sources of ours. ---- */

static void a_repository_is_read_on(const char *repository) {
    rca_workspace *workspace = memory();
    rca_source *source = NULL;
    rca_text *report = NULL;
    clear(&scratch);
    add_s(&scratch, "{\"kind\": \"git\", \"page\": 1, \"path\": ");
    add_quoted(&scratch, rca_s(repository));
    add_s(&scratch, "}");
    OK(rca_source_open(grown(&scratch), &source));
    OK(rca_pull(workspace, source, RCA_NONE, NULL, NULL, &report));
    CHECK(is(word(member(view(report), "end")), "caught_up"));
    CHECK(number(member(view(report), "accepted")) == 2 && number(member(view(report), "pages")) >= 2);
    rca_text_free(report);
    OK(rca_search(workspace, RCA_S("{\"text\": \"source:git holds\"}"), &report));
    CHECK(number(member(view(report), "total")) == 1);
    rca_text_free(report);
    rca_source_free(source);
    rca_workspace_close(workspace);
    CHECK(rca_source_open(RCA_S("{\"kind\": \"git\", \"path\": \"/does/not/exist\"}"), &source) != RCA_OK);
}

static void servers_that_are_not_there(void) {
    rca_workspace *workspace = memory();
    rca_source *source = NULL;
    rca_text *report = NULL;
    /* The discard port: nobody listens. */
    OK(rca_source_open(RCA_S("{\"kind\": \"prometheus\", \"url\": \"http://127.0.0.1:9\", \"step_seconds\": 30, "
                             "\"queries\": {\"up\": \"up\"}, \"basic\": {\"user\": \"ann\", \"password\": \"hush\"}}"),
                       &source));
    OK(rca_pull(workspace, source, RCA_S("{\"tries\": 1}"), NULL, NULL, &report));
    CHECK(is(word(member(view(report), "end")), "gave_up"));
    CHECK(holds(member(view(report), "fault"), "127.0.0.1:9") && !holds(view(report), "hush"));
    rca_text_free(report);
    rca_source_free(source);
    OK(rca_source_open(RCA_S("{\"kind\": \"github\", \"repository\": \"shop/till\", \"server\": \"http://127.0.0.1:9\", "
                             "\"resources\": [\"runs\"], \"token\": \"hush\"}"), &source));
    CHECK(ends(workspace, source, RCA_S("{\"tries\": 1}"), "gave_up"));
    rca_source_free(source);
    rca_workspace_close(workspace);
    CHECK(rca_source_open(RCA_S("{\"kind\": \"github\", \"repository\": \"nonsense\"}"), &source) == RCA_INVALID_INPUT);
    CHECK(rca_source_open(RCA_S("{\"kind\": \"gopher\"}"), &source) == RCA_INVALID_INPUT);
    CHECK(holds(rca_last_error().message, "gopher"));
    CHECK(rca_source_open(RCA_S("{\"kind\": \"prometheus\", \"url\": \"http://x\", \"basic\": \"ann:hush\"}"), &source) ==
          RCA_INVALID_INPUT);
    CHECK(!holds(rca_last_error().message, "hush") && holds(rca_last_error().message, "credential"));
    CHECK(rca_source_open(RCA_S("{\"kind\": \"prometheus\", \"url\": \"http://x\", \"querys\": {}}"), &source) ==
          RCA_INVALID_INPUT);
    CHECK(holds(rca_last_error().message, "querys") && source == NULL);
}

/* ---- A PDF. ---- */

static void a_report_to_print(const char *incident, const char *file) {
    rca_workspace *workspace = memory();
    rca_text *done = NULL;
    rca_text *pdf = NULL;
    rca_text *again = NULL;
    OK(rca_investigate_bundle(workspace, rca_s(incident), NULL, &done));
    rca_str id = word(member(member(view(done), "investigation"), "id"));
    OK(rca_pdf(workspace, id, NULL, RCA_S("2026-05-04T12:00:00Z"), &pdf));
    CHECK(rca_text_length(pdf) > 20000 && memcmp(rca_text_data(pdf), "%PDF-", 5) == 0);
    OK(rca_pdf(workspace, id, NULL, RCA_S("2026-05-04T12:00:00Z"), &again));
    CHECK(rca_text_length(pdf) == rca_text_length(again) &&
          memcmp(rca_text_data(pdf), rca_text_data(again), rca_text_length(pdf)) == 0);
    rca_text_free(again);
    OK(rca_save(rca_s(file), view(pdf)));
    FILE *written = fopen(file, "rb");
    CHECK(written != NULL);
    if (written != NULL) {
        CHECK(fseek(written, 0, SEEK_END) == 0 && (size_t)ftell(written) == rca_text_length(pdf));
        fclose(written);
    }
    rca_text_free(pdf);
    CHECK(rca_pdf(workspace, id, NULL, RCA_S("yesterday"), &pdf) == RCA_INVALID_INPUT && pdf == NULL);
    rca_text_free(done);
    rca_workspace_close(workspace);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s INCIDENT_FOLDER REPOSITORY PDF\n", argv[0]);
        return 2;
    }
    events_made_by_hand(argv[2]);
    a_source_of_ones_own();
    faults_say_what_to_do();
    a_pull_is_stopped_in_the_middle();
    telemetry_in_pieces(argv[1]);
    a_repository_is_read_on(argv[2]);
    servers_that_are_not_there();
    a_report_to_print(argv[1], argv[3]);
    forget(&scratch);
    return finish();
}
