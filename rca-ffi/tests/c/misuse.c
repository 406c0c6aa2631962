/* Everything a caller can get wrong ends in a status. */
#include "check.h"

#ifdef __cplusplus
extern "C"
#endif
/* Of debug builds only, and not in the header. */
rca_status rca_test_panic(void);

static rca_workspace *memory(void) {
    rca_workspace *workspace = NULL;
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace));
    return workspace;
}

static void nothing_to_write_to(void) {
    rca_workspace *workspace = memory();
    CHECK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, NULL) == RCA_INVALID_INPUT);
    CHECK(is(rca_last_error().source, "workspace"));
    CHECK(rca_event_count(workspace, NULL) == RCA_INVALID_INPUT);
    CHECK(rca_verify(workspace, NULL) == RCA_INVALID_INPUT);
    CHECK(rca_iterator_next(NULL, NULL) == RCA_INVALID_INPUT);
    OK(rca_refresh(workspace));
    CHECK(rca_last_error().status == RCA_OK && rca_last_error().message.length == 0);
    rca_workspace_close(workspace);
}

static void nothing_is_given(void) {
    rca_text *out = NULL;
    rca_batch *batch = NULL;
    CHECK(rca_verify(NULL, &out) == RCA_INVALID_INPUT && out == NULL);
    CHECK(holds(rca_last_error().message, "NULL"));
    CHECK(rca_new_event(RCA_NONE, &out) == RCA_INVALID_INPUT);
    CHECK(rca_new_event(rca_bytes(NULL, 7), &out) == RCA_INVALID_INPUT);
    CHECK(rca_new_event(rca_bytes("x", SIZE_MAX), &out) == RCA_INVALID_INPUT);
    CHECK(rca_new_event(RCA_S("{}"), &out) == RCA_INVALID_INPUT);
    CHECK(rca_ask(RCA_S("{}"), NULL, NULL, NULL, NULL) == RCA_INVALID_INPUT);
    CHECK(rca_read_files(RCA_S("[\"/does/not/exist\"]"), RCA_NONE, RCA_NONE, NULL, &batch) == RCA_NOT_FOUND);
    CHECK(is(rca_last_error().source, "/does/not/exist") && rca_last_error().hint.length > 0);
    /* A report that was not made does not replace one that was. */
    CHECK(rca_save(RCA_S("/does/not/matter"), rca_bytes(rca_text_data(NULL), 0)) == RCA_INVALID_INPUT);
    CHECK(is(rca_last_error().source, "document"));
    CHECK(rca_read_delivery(RCA_S("{}"), RCA_NONE, RCA_S("2026-05-04T09:00:00Z"), RCA_NONE, &batch) == RCA_INVALID_INPUT);
    CHECK(is(rca_last_error().source, "body"));
    /* All that is given goes blank, whichever argument is wrong. */
    batch = (rca_batch *)(uintptr_t)0x1230;
    out = (rca_text *)(uintptr_t)0x1230;
    CHECK(rca_pull(NULL, NULL, RCA_NONE, NULL, &batch, &out) == RCA_INVALID_INPUT && batch == NULL && out == NULL);
    CHECK(rca_text_data(NULL) == NULL && rca_text_length(NULL) == 0);
    OK(rca_text_free(NULL));
    OK(rca_workspace_close(NULL));
    OK(rca_batch_free(NULL));
    OK(rca_answer_free(NULL));
    OK(rca_graph_free(NULL));
    OK(rca_iterator_free(NULL));
    OK(rca_cancel_free(NULL));
    OK(rca_clock_free(NULL));
    OK(rca_source_free(NULL));
    OK(rca_partial_free(NULL));
}

static void errors_say_where(void) {
    rca_workspace *workspace = memory();
    rca_text *out = NULL;
    CHECK(rca_new_event(RCA_S("{\"title\": \xff}"), &out) == RCA_INVALID_INPUT);
    CHECK(rca_last_error().offset == 10 && is(rca_last_error().source, "draft"));
    CHECK(rca_ingest(workspace, RCA_S("{\"timestamp\":\"2026-01-01T00:00:00Z\",\"source\":\"a\","
                                      "\"event_type\":\"b\",\"title\":\"c\"}\n{\"title\""), &out) == RCA_INVALID_INPUT);
    CHECK(rca_last_error().line == 2 && rca_last_error().column > 0);
    uint64_t events = 1;
    OK(rca_event_count(workspace, &events));
    CHECK(events == 0);
    CHECK(rca_search(workspace, RCA_S("{\"text\": \"severity:dreadful\"}"), &out) == RCA_INVALID_INPUT);
    CHECK(rca_last_error().column > 0 && rca_last_error().offset == RCA_NO_OFFSET);
    CHECK(rca_search(workspace, RCA_S("{\"texts\": \"\"}"), &out) == RCA_INVALID_INPUT);
    CHECK(holds(rca_last_error().message, "unknown field"));
    CHECK(rca_event(workspace, RCA_S("nonsense"), &out) == RCA_INVALID_INPUT);
    CHECK(rca_set_status(workspace, RCA_S("01900000-0000-7000-8000-000000000000"), RCA_S("done"), &out) ==
          RCA_INVALID_INPUT);
    CHECK(rca_counts(workspace, RCA_NONE, RCA_S("[\"colour\"]"), 0, &out) == RCA_INVALID_INPUT);
    CHECK(rca_counts(workspace, RCA_NONE, RCA_NONE, UINT64_MAX, &out) == RCA_INVALID_INPUT);
    CHECK(rca_render(RCA_S("{}"), RCA_S("text"), 80, &out) == RCA_INVALID_INPUT);
    CHECK(rca_verify_signature(RCA_S("secret"), RCA_S("body"), RCA_S("sha256=00")) == RCA_INVALID_INPUT);
    CHECK(rca_workspace_open(RCA_NONE, false, RCA_S("{\"max_cause\": 1}"), NULL, &workspace) == RCA_INVALID_INPUT);
    CHECK(workspace == NULL && out == NULL);
    CHECK(is(rca_status_name(RCA_BUSY), "busy") && is(rca_status_name(-1), "unknown"));
    CHECK(is(rca_status_name(RCA_END), "end") && is(rca_status_name(99), "unknown"));
    /* The handle that was overwritten above is lost to this program, but not to the table. */
    CHECK(rca_handle_count() == 1);
}

/* Frees the handle that `errors_say_where` lost, as nobody should: by its number. */
static void free_the_lost_one(void) {
    for (uintptr_t guess = 16; rca_handle_count() > 0 && guess < 16 * 4096; guess += 16) {
        rca_workspace_close((rca_workspace *)guess);
    }
    CHECK(rca_handle_count() == 0);
}

static void handles_are_checked(void) {
    rca_workspace *workspace = memory();
    rca_text *health = NULL;
    OK(rca_verify(workspace, &health));
    /* Of another kind. */
    rca_text *none = NULL;
    CHECK(rca_verify((rca_workspace *)(void *)health, &none) == RCA_INVALID_INPUT && none == NULL);
    CHECK(holds(rca_last_error().message, "another handle"));
    CHECK(rca_workspace_close((rca_workspace *)(void *)health) == RCA_INVALID_INPUT);
    /* Freed twice, used after that. */
    OK(rca_text_free(health));
    CHECK(rca_text_free(health) == RCA_INVALID_INPUT);
    CHECK(holds(rca_last_error().message, "freed before"));
    CHECK(rca_text_data(health) == NULL && rca_text_length(health) == 0);
    rca_iterator *events = NULL;
    OK(rca_events(workspace, RCA_NONE, &events));
    OK(rca_workspace_close(workspace));
    CHECK(rca_workspace_close(workspace) == RCA_INVALID_INPUT);
    CHECK(rca_verify(workspace, &health) == RCA_INVALID_INPUT && health == NULL);
    /* Closed in the wrong order: what still reads goes on. */
    CHECK(rca_iterator_next(events, &health) == RCA_END);
    OK(rca_iterator_free(events));
    /* Never a handle. */
    int something = 0;
    CHECK(rca_refresh((rca_workspace *)(void *)&something) == RCA_INVALID_INPUT);
    rca_clock *clock = NULL;
    OK(rca_clock_new(RCA_S("2026-01-01T00:00:00Z"), &clock));
    CHECK(rca_clock_advance(clock, -1) == RCA_INVALID_INPUT);
    rca_clock_free(clock);
    CHECK(rca_workspace_open(RCA_NONE, false, RCA_NONE, clock, &workspace) == RCA_INVALID_INPUT);
    CHECK(rca_clock_new(RCA_S("yesterday"), &clock) == RCA_INVALID_INPUT && clock == NULL);
}

static void a_panic_ends_at_the_border(void) {
    CHECK(rca_test_panic() == RCA_INTERNAL);
    CHECK(holds(rca_last_error().message, "on purpose"));
    rca_workspace *workspace = memory();
    OK(rca_refresh(workspace));
    rca_workspace_close(workspace);
}

int main(void) {
    nothing_to_write_to();
    nothing_is_given();
    errors_say_where();
    free_the_lost_one();
    handles_are_checked();
    a_panic_ends_at_the_border();
    return finish();
}
