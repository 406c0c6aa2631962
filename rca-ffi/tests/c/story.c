/* An incident from a folder of files to the closed case, as a C program would; files, progress, stopping, logging. */
#include "check.h"

/* The value of "root_cause_commit" in the recording's truth.json. */
static void read_truth(const char *folder, char *out, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/truth.json", folder);
    growing text = read_file(path);
    rca_str commit = word(member(grown(&text), "root_cause_commit"));
    size_t length = commit.length < size - 1 ? commit.length : size - 1;
    if (commit.data != NULL) memcpy(out, commit.data, length);
    out[length] = '\0';
    forget(&text);
}

static void a_folder_holds_the_case(const char *incident, const char *folder, const char *page) {
    char guilty[64];
    read_truth(incident, guilty, sizeof guilty);
    CHECK(strlen(guilty) == 40);

    rca_workspace *workspace = NULL;
    OK(rca_workspace_open(rca_s(folder), false, RCA_S("{\"max_causes\": 5}"), NULL, &workspace));
    rca_workspace *second = NULL;
    CHECK(rca_workspace_open(rca_s(folder), false, RCA_NONE, NULL, &second) == RCA_BUSY);
    CHECK(second == NULL);
    CHECK(is(rca_last_error().source, folder));
    rca_text *path = NULL;
    OK(rca_workspace_path(workspace, &path));
    CHECK(is(view(path), folder) && strlen(rca_text_data(path)) == rca_text_length(path));
    rca_text_free(path);

    growing inquiry = {NULL, 0, 0};
    add_s(&inquiry, "{\"paths\": [");
    add_quoted(&inquiry, rca_s(incident));
    add_s(&inquiry, "]}");
    rca_answer *answer = NULL;
    OK(rca_ask(grown(&inquiry), NULL, workspace, NULL, &answer));
    forget(&inquiry);
    rca_text *analysis = NULL;
    rca_text *doctor = NULL;
    rca_text *html = NULL;
    OK(rca_answer_analysis(answer, &analysis));
    OK(rca_answer_doctor(answer, &doctor));
    OK(rca_answer_canvas(answer, &html));
    CHECK(holds(element(member(view(analysis), "causes"), 0), guilty));
    CHECK(count(member(view(analysis), "causes")) <= 5);
    CHECK(member(view(doctor), "sources").data != NULL);
    CHECK(holds(view(html), "<!doctype html>") || holds(view(html), "<!DOCTYPE html>"));
    rca_str id = word(member(view(analysis), "investigation"));

    rca_batch *batch = NULL;
    rca_text *counts = NULL;
    rca_text *again = NULL;
    OK(rca_answer_batch(answer, &batch));
    OK(rca_batch_counts(batch, &counts));
    CHECK(number(member(view(counts), "log_records")) > 1000);
    rca_iterator *events = NULL;
    rca_text *event = NULL;
    size_t in_batch = 0;
    OK(rca_batch_events(batch, &events));
    while (rca_iterator_next(events, &event) == RCA_OK) {
        in_batch++;
        rca_text_free(event);
    }
    CHECK(in_batch == number(member(view(counts), "events")));
    CHECK(rca_iterator_next(events, &event) == RCA_END && event == NULL);
    rca_iterator_free(events);
    OK(rca_analyze_batch(batch, RCA_NONE, &again));
    CHECK(holds(element(member(view(again), "causes"), 0), guilty));
    rca_text_free(again);
    OK(rca_analyze_with(workspace, id, batch, &again));
    CHECK(holds(element(member(view(again), "causes"), 0), guilty));
    rca_text_free(again);
    rca_text *canvas = NULL;
    OK(rca_canvas(workspace, id, batch, &canvas));
    OK(rca_save(rca_s(page), view(canvas)));
    growing saved = read_file(page);
    CHECK(saved.length == rca_text_length(canvas));
    forget(&saved);
    rca_text_free(canvas);
    rca_text_free(counts);
    rca_batch_free(batch);
    rca_text_free(doctor);
    rca_text_free(html);
    rca_answer_free(answer);

    /* Looking around. */
    rca_iterator *found = NULL;
    size_t hits = 0;
    OK(rca_search_all(workspace, RCA_S("{\"text\": \"hold source:git\", \"limit\": 3}"), &found));
    while (rca_iterator_next(found, &event) == RCA_OK) {
        hits++;
        CHECK(is(word(member(view(event), "source")), "git"));
        rca_text_free(event);
    }
    rca_iterator_free(found);
    rca_text *page_of_hits = NULL;
    OK(rca_search(workspace, RCA_S("{\"text\": \"hold source:git\"}"), &page_of_hits));
    CHECK(hits > 3 && hits == number(member(view(page_of_hits), "total")));
    rca_str snippet = member(element(member(view(page_of_hits), "hits"), 0), "snippet");
    CHECK(count(member(snippet, "highlights")) > 0);
    rca_text_free(page_of_hits);
    rca_text *cases = NULL;
    OK(rca_refresh(workspace));
    OK(rca_search_investigations(workspace, RCA_S("{}"), &cases));
    CHECK(number(member(view(cases), "total")) == 1);
    rca_text_free(cases);
    rca_iterator *all = NULL;
    rca_text *one = NULL;
    OK(rca_investigations(workspace, false, &all));
    OK(rca_iterator_next(all, &one));
    CHECK(holds(view(one), "\"status\":\"open\""));
    rca_text *stored = NULL;
    OK(rca_replace_investigation(workspace, view(one), &stored));
    rca_text_free(stored);
    CHECK(rca_replace_investigation(workspace, view(one), &stored) == RCA_CONFLICT);
    rca_text_free(one);
    CHECK(rca_iterator_next(all, &one) == RCA_END);
    rca_iterator_free(all);

    /* The graph, and back. */
    rca_graph *graph = NULL;
    rca_graph *copy = NULL;
    rca_text *json = NULL;
    rca_text *dot = NULL;
    rca_text *json_of_copy = NULL;
    OK(rca_graph_of_investigation(workspace, id, &graph));
    OK(rca_graph_json(graph, &json));
    OK(rca_graph_from_json(view(json), &copy));
    OK(rca_graph_json(copy, &json_of_copy));
    CHECK(rca_text_length(json) == rca_text_length(json_of_copy));
    CHECK(memcmp(rca_text_data(json), rca_text_data(json_of_copy), rca_text_length(json)) == 0);
    OK(rca_graph_dot(graph, &dot));
    CHECK(holds(view(dot), "digraph"));
    rca_str edge = element(member(view(json), "edges"), 0);
    rca_str here = word(member(edge, "from"));
    rca_str there = word(member(edge, "to"));
    rca_text *neighbours = NULL;
    OK(rca_neighbours(graph, here, RCA_S("both"), RCA_NONE, &neighbours));
    CHECK(count(view(neighbours)) > 0);
    rca_text *path_between = NULL;
    OK(rca_evidence_path(graph, here, there, RCA_S("both"), &path_between));
    CHECK(count(view(path_between)) > 0);
    rca_text *chains = NULL;
    OK(rca_causal_chains(graph, there, 3, &chains));
    CHECK(rca_text_length(chains) >= 2 && rca_text_data(chains)[0] == '[');
    rca_text_free(chains);
    rca_text_free(path_between);
    rca_text_free(neighbours);
    rca_text_free(json);
    rca_text_free(json_of_copy);
    rca_text_free(dot);
    rca_graph_free(copy);
    rca_graph_free(graph);
    rca_str commit = word(member(element(member(view(analysis), "causes"), 0), "event"));
    rca_text *explained = NULL;
    OK(rca_explain_link(workspace, commit, id, &explained));
    CHECK(member(view(explained), "confidence").data != NULL);
    rca_text_free(explained);
    rca_text *relinked = NULL;
    OK(rca_relink(workspace, id, &relinked));
    CHECK(number(member(view(relinked), "linked")) > 0);
    rca_text_free(relinked);

    /* Away and back. */
    OK(rca_delete_event(workspace, commit));
    CHECK(rca_event(workspace, commit, &event) == RCA_NOT_FOUND);
    OK(rca_restore_event(workspace, commit));
    OK(rca_event(workspace, commit, &event));
    rca_text_free(event);
    OK(rca_delete_investigation(workspace, id));
    rca_text *restored = NULL;
    CHECK(rca_investigation(workspace, id, &restored) == RCA_NOT_FOUND);
    OK(rca_restore_investigation(workspace, id, &restored));
    rca_text_free(restored);
    OK(rca_compact(workspace));
    OK(rca_rebuild_index(workspace));
    rca_text *health = NULL;
    OK(rca_verify(workspace, &health));
    CHECK(is(member(view(health), "is_well"), "true"));
    rca_text_free(health);
    rca_workspace_close(workspace);

    /* Closing freed the folder; the answer is still there. */
    OK(rca_workspace_open(rca_s(folder), true, RCA_NONE, NULL, &workspace));
    rca_text *kept = NULL;
    OK(rca_analysis(workspace, id, &kept));
    CHECK(holds(element(member(view(kept), "causes"), 0), guilty));
    rca_text *causes = NULL;
    OK(rca_root_causes(workspace, id, 1, &causes));
    CHECK(count(view(causes)) == 1);
    rca_text *rendered = NULL;
    OK(rca_render(view(kept), RCA_S("text"), 80, &rendered));
    CHECK(holds(view(rendered), "Most likely cause"));
    rca_text_free(rendered);
    CHECK(rca_set_status(workspace, id, RCA_S("in_progress"), &rendered) == RCA_DENIED);
    rca_text_free(causes);
    rca_text_free(kept);
    rca_text_free(analysis);
    rca_workspace_close(workspace);
}

/* A window that reaches before all time. */
static void windows_have_no_end_of_time(const char *incident) {
    growing inquiry = {NULL, 0, 0};
    add_s(&inquiry, "{\"window\": \"4294967295d\", \"paths\": [");
    add_quoted(&inquiry, rca_s(incident));
    add_s(&inquiry, "]}");
    rca_answer *answer = NULL;
    OK(rca_ask(grown(&inquiry), NULL, NULL, NULL, &answer));
    rca_answer_free(answer);
    forget(&inquiry);
}

/* What could not be read waits until it can. */
static void letters_wait(void) {
    rca_workspace *workspace = NULL;
    rca_batch *batch = NULL;
    rca_text *text = NULL;
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace));
    CHECK(rca_workspace_path(workspace, &text) == RCA_END && text == NULL);
    OK(rca_read_bytes(RCA_S("deploys.json"), RCA_S("[1]"), RCA_S("deploys"), RCA_NONE, RCA_NONE, NULL, &batch));
    OK(rca_batch_report(batch, &text));
    CHECK(number(member(element(member(view(text), "inputs"), 0), "refused")) == 1);
    rca_text_free(text);
    OK(rca_ingest_batch(workspace, batch, false, &text));
    CHECK(count(member(view(text), "letters")) == 1);
    unsigned long id = number(element(member(view(text), "letters"), 0));
    rca_text_free(text);
    rca_batch_free(batch);
    OK(rca_letter(workspace, id, &text));
    CHECK(holds(member(view(text), "reason"), "expected an object"));
    rca_text_free(text);
    OK(rca_letter_raw(workspace, id, &text));
    CHECK(rca_text_length(text) > 0);
    rca_text_free(text);
    OK(rca_replay_due_letters(workspace, NULL, &text));
    rca_text_free(text);
    uint64_t gone = 0;
    OK(rca_discard_letters(workspace, RCA_S("[1, 2, 3]"), &gone));
    CHECK(gone == 1);
    OK(rca_expire_letters(workspace, &gone));
    CHECK(gone == 0);
    OK(rca_letter_counts(workspace, &text));
    CHECK(number(member(view(text), "letters")) == 0);
    rca_text_free(text);
    CHECK(rca_letter(workspace, id, &text) == RCA_NOT_FOUND);
    rca_workspace_close(workspace);
}

typedef struct watched {
    rca_workspace *workspace;
    unsigned long calls;
    unsigned long stop_at;
    uint64_t records;
} watched;

/* Calls back into the library: nothing is locked while the host works. */
static int look(void *user_data, const rca_progress *progress) {
    watched *seen = (watched *)user_data;
    uint64_t count = 0;
    rca_text *report = NULL;
    seen->calls++;
    if (progress->records > seen->records) seen->records = progress->records;
    CHECK(progress->input.length > 0);
    OK(rca_event_count(seen->workspace, &count));
    OK(rca_ingest(seen->workspace,
                  RCA_S("{\"timestamp\":\"2026-01-01T00:00:00Z\",\"source\":\"manual\",\"event_type\":\"note\","
                        "\"title\":\"while reading\",\"source_id\":\"w\"}"),
                  &report));
    rca_text_free(report);
    return seen->stop_at != 0 && seen->calls >= seen->stop_at;
}

static void long_work_is_watched_and_stopped(const char *incident) {
    watched seen = {NULL, 0, 0, 0};
    rca_watch watch = {look, &seen, NULL};
    rca_text *done = NULL;
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &seen.workspace));
    OK(rca_investigate_bundle(seen.workspace, rca_s(incident), &watch, &done));
    CHECK(seen.calls > 3 && seen.records > 1000);
    rca_text_free(done);

    uint64_t before = 0;
    uint64_t after = 0;
    OK(rca_event_count(seen.workspace, &before));
    seen.calls = 0;
    seen.stop_at = 2;
    CHECK(rca_investigate_bundle(seen.workspace, rca_s(incident), &watch, &done) == RCA_CANCELLED);
    CHECK(done == NULL && seen.calls == 2);
    OK(rca_event_count(seen.workspace, &after));
    CHECK(before == after);

    rca_cancel *cancel = NULL;
    rca_batch *batch = NULL;
    OK(rca_cancel_new(&cancel));
    rca_watch stopped = {NULL, NULL, cancel};
    OK(rca_read_bundle(rca_s(incident), RCA_NONE, &stopped, &batch));
    rca_batch_free(batch);
    OK(rca_cancel_now(cancel));
    CHECK(rca_read_bundle(rca_s(incident), RCA_NONE, &stopped, &batch) == RCA_CANCELLED);
    CHECK(batch == NULL);
    rca_cancel_free(cancel);
    CHECK(rca_read_bundle(rca_s(incident), RCA_NONE, &stopped, &batch) == RCA_INVALID_INPUT);
    rca_workspace_close(seen.workspace);
}

typedef struct heard {
    unsigned long lines;
    unsigned long opened;
} heard;

static void hear(void *user_data, rca_log_level level, rca_str target, rca_str line) {
    heard *known = (heard *)user_data;
    known->lines++;
    CHECK(level >= RCA_LOG_ERROR && level <= RCA_LOG_TRACE && target.length > 0);
    if (holds(line, "workspace opened")) known->opened++;
}

static void lines_are_heard_while_somebody_listens(void) {
    heard known = {0, 0};
    rca_workspace *workspace = NULL;
    OK(rca_set_log(hear, &known, RCA_LOG_INFO));
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace));
    CHECK(known.opened == 1);
    rca_workspace_close(workspace);
    unsigned long lines = known.lines;
    OK(rca_set_log(NULL, NULL, RCA_LOG_INFO));
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace));
    CHECK(known.lines == lines);
    rca_workspace_close(workspace);
    CHECK(rca_set_log(hear, &known, 9) == RCA_INVALID_INPUT);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s INCIDENT_FOLDER NEW_WORKSPACE_FOLDER NEW_PAGE\n", argv[0]);
        return 2;
    }
    CHECK(rca_abi_version() == RCA_ABI_VERSION);
    CHECK(rca_version().length >= 5);
    a_folder_holds_the_case(argv[1], argv[2], argv[3]);
    windows_have_no_end_of_time(argv[1]);
    letters_wait();
    long_work_is_watched_and_stopped(argv[1]);
    lines_are_heard_while_somebody_listens();
    return finish();
}
