/* Many threads, one library. */
#include <pthread.h>

#include "check.h"

enum { WORKERS = 4 };

static const char *incident;

static void *analyse(void *unused) {
    (void)unused;
    rca_batch *batch = NULL;
    rca_text *json = NULL;
    if (rca_read_bundle(rca_s(incident), RCA_NONE, NULL, &batch) == RCA_OK) rca_analyze_batch(batch, RCA_NONE, &json);
    rca_batch_free(batch);
    return json;
}

static void every_thread_gets_the_same_bytes(void) {
    pthread_t workers[WORKERS];
    void *answers[WORKERS];
    for (int i = 0; i < WORKERS; i++) pthread_create(&workers[i], NULL, analyse, NULL);
    for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], &answers[i]);
    const rca_text *first = (const rca_text *)answers[0];
    CHECK(rca_text_length(first) > 1000);
    for (int i = 0; i < WORKERS; i++) {
        const rca_text *answer = (const rca_text *)answers[i];
        CHECK(rca_text_length(answer) == rca_text_length(first));
        CHECK(memcmp(rca_text_data(answer), rca_text_data(first), rca_text_length(first)) == 0);
    }
    for (int i = 0; i < WORKERS; i++) rca_text_free((rca_text *)answers[i]);
}

typedef struct job {
    rca_workspace *workspace;
    int number;
    int failures;
} job;

static void *write_and_read(void *data) {
    job *mine = (job *)data;
    char line[256];
    for (int i = 0; i < 50; i++) {
        rca_text *report = NULL;
        rca_text *page = NULL;
        snprintf(line, sizeof line,
                 "{\"timestamp\":\"2026-01-01T00:00:%02dZ\",\"source\":\"deploy\",\"event_type\":\"deploy\","
                 "\"title\":\"ledger %d\",\"source_id\":\"%d-%d\"}",
                 i, i, mine->number, i);
        mine->failures += rca_ingest(mine->workspace, rca_s(line), &report) != RCA_OK;
        mine->failures += rca_search(mine->workspace, RCA_S("{\"text\": \"ledger\"}"), &page) != RCA_OK;
        /* The error of one thread is not that of another. */
        rca_text *none = NULL;
        snprintf(line, sizeof line, "thread-%d", mine->number);
        mine->failures += rca_event(mine->workspace, rca_s(line), &none) != RCA_INVALID_INPUT;
        mine->failures += !holds(rca_last_error().message, line);
        rca_text_free(report);
        rca_text_free(page);
    }
    return NULL;
}

static void one_workspace_serves_many_threads(void) {
    rca_workspace *workspace = NULL;
    pthread_t workers[WORKERS];
    job jobs[WORKERS];
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace));
    for (int i = 0; i < WORKERS; i++) {
        job one = {workspace, i, 0};
        jobs[i] = one;
        pthread_create(&workers[i], NULL, write_and_read, &jobs[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
        CHECK(jobs[i].failures == 0);
    }
    uint64_t events = 0;
    OK(rca_event_count(workspace, &events));
    CHECK(events == WORKERS * 50);
    rca_workspace_close(workspace);
}

typedef struct reader {
    rca_iterator *events;
    size_t seen;
} reader;

static void *take_some(void *data) {
    reader *mine = (reader *)data;
    rca_text *event = NULL;
    while (rca_iterator_next(mine->events, &event) == RCA_OK) {
        mine->seen++;
        rca_text_free(event);
    }
    return NULL;
}

static void one_iterator_is_shared_without_loss(void) {
    rca_batch *batch = NULL;
    rca_text *counts = NULL;
    rca_iterator *events = NULL;
    pthread_t workers[WORKERS];
    reader readers[WORKERS];
    size_t seen = 0;
    OK(rca_read_bundle(rca_s(incident), RCA_NONE, NULL, &batch));
    OK(rca_batch_counts(batch, &counts));
    OK(rca_batch_events(batch, &events));
    for (int i = 0; i < WORKERS; i++) {
        reader one = {events, 0};
        readers[i] = one;
        pthread_create(&workers[i], NULL, take_some, &readers[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
        seen += readers[i].seen;
    }
    CHECK(seen == number(member(view(counts), "events")));
    rca_iterator_free(events);
    rca_text_free(counts);
    rca_batch_free(batch);
}

typedef struct closing {
    rca_workspace *workspace;
    int closed;
} closing;

static int close_meanwhile(void *user_data, const rca_progress *progress) {
    closing *what = (closing *)user_data;
    (void)progress;
    if (!what->closed) {
        what->closed = 1;
        OK(rca_workspace_close(what->workspace));
    }
    return 0;
}

/* A call keeps what its handles stand for. */
static void closing_while_a_call_runs_is_no_race(void) {
    closing what = {NULL, 0};
    rca_watch watch = {close_meanwhile, &what, NULL};
    rca_text *done = NULL;
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &what.workspace));
    OK(rca_investigate_bundle(what.workspace, rca_s(incident), &watch, &done));
    CHECK(what.closed && rca_text_length(done) > 0);
    rca_text_free(done);
    CHECK(rca_refresh(what.workspace) == RCA_INVALID_INPUT);
}

typedef struct stopping {
    const rca_cancel *cancel;
    rca_status ended;
} stopping;

static void *read_for_ever(void *data) {
    stopping *mine = (stopping *)data;
    rca_watch watch = {NULL, NULL, mine->cancel};
    rca_status status = RCA_OK;
    while (status == RCA_OK) {
        rca_batch *batch = NULL;
        status = rca_read_bundle(rca_s(incident), RCA_NONE, &watch, &batch);
        rca_batch_free(batch);
    }
    mine->ended = status;
    return NULL;
}

static void another_thread_stops_the_work(void) {
    rca_cancel *cancel = NULL;
    pthread_t worker;
    OK(rca_cancel_new(&cancel));
    stopping what = {cancel, RCA_OK};
    pthread_create(&worker, NULL, read_for_ever, &what);
    OK(rca_cancel_now(cancel));
    pthread_join(worker, NULL);
    CHECK(what.ended == RCA_CANCELLED);
    rca_cancel_free(cancel);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s INCIDENT_FOLDER\n", argv[0]);
        return 2;
    }
    incident = argv[1];
    every_thread_gets_the_same_bytes();
    one_workspace_serves_many_threads();
    one_iterator_is_shared_without_loss();
    closing_while_a_call_runs_is_no_race();
    another_thread_stops_the_work();
    return finish();
}
