/* One story that every language tells with the same bytes; rca-core/tests/story/README.md has its steps. */
#include "check.h"

static growing facts = {NULL, 0, 0};
static growing fact = {NULL, 0, 0};

/* Ends a fact. */
static void told(void) {
    if (facts.length > 0) add_s(&facts, ",\n");
    add_quoted(&facts, grown(&fact));
    clear(&fact);
}

/* A fact of words with spaces between them. */
static void say(const char *name, rca_str a, rca_str b) {
    add_s(&fact, name);
    add_s(&fact, " ");
    add(&fact, a);
    add_s(&fact, " ");
    add(&fact, b);
    told();
}

static void say_failure(rca_status status) {
    rca_error error = rca_last_error();
    CHECK(error.status == status && status != RCA_OK);
    add(&fact, rca_status_name((int)status));
    add_s(&fact, ": ");
    add(&fact, error.message);
    told();
}

/* A fact of numbers. */
static void say_numbers(const char *name, rca_str document, const char *a, const char *b, const char *c) {
    const char *names[] = {a, b, c};
    add_s(&fact, name);
    for (int i = 0; i < 3 && names[i] != NULL; i++) {
        add_s(&fact, " ");
        add(&fact, member(document, names[i]));
    }
    told();
}

static void add_words(rca_str array, const char *name) {
    for (size_t i = 0; i < count(array); i++) {
        rca_str one = element(array, i);
        if (i > 0) add_s(&fact, " ");
        add(&fact, word(name == NULL ? one : member(one, name)));
    }
}

/* The title of a document; those of the story need no unescaping but for quotes, which they do not have. */
static rca_str title(rca_str document) {
    rca_str found = word(member(document, "title"));
    CHECK(!holds(found, "\\"));
    return found;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s INCIDENT_FOLDER STORY_FOLDER EXPECTED_FILE\n", argv[0]);
        return 2;
    }
    char path[4096];
    rca_clock *clock = NULL;
    rca_workspace *workspace = NULL;
    OK(rca_clock_new(RCA_S("2026-11-21T05:00:00Z"), &clock));
    OK(rca_workspace_open(RCA_NONE, false, RCA_NONE, clock, &workspace));

    snprintf(path, sizeof path, "%s/events.ndjson", argv[2]);
    growing lines = read_file(path);
    for (int i = 0; i < 2; i++) {
        rca_text *report = NULL;
        OK(rca_ingest(workspace, grown(&lines), &report));
        add_s(&fact, "stored ");
        add_words(member(view(report), "accepted"), NULL);
        add_s(&fact, " known ");
        add_n(&fact, count(member(view(report), "duplicates")));
        told();
        rca_text_free(report);
    }
    forget(&lines);

    rca_text *investigated = NULL;
    OK(rca_investigate_bundle(workspace, rca_s(argv[1]), NULL, &investigated));
    rca_str opened = member(view(investigated), "investigation");
    rca_str id = word(member(opened, "id"));
    rca_str first = member(view(investigated), "analysis");
    rca_str top = element(member(first, "causes"), 0);
    rca_str guilty = word(member(top, "event"));
    say("investigation", id, title(opened));
    say("cause", guilty, title(top));

    rca_text *page = NULL;
    OK(rca_search(workspace, RCA_S("{\"text\": \"hold source:git\", \"limit\": 3}"), &page));
    add_s(&fact, "found ");
    add(&fact, member(view(page), "total"));
    add_s(&fact, " ");
    add_words(member(view(page), "hits"), "id");
    told();
    rca_text_free(page);
    rca_text *counts = NULL;
    OK(rca_counts(workspace, RCA_NONE, RCA_S("[\"source\"]"), 0, &counts));
    rca_str groups = member(view(counts), "groups");
    for (size_t i = 0; i < count(groups); i++) {
        rca_str group = element(groups, i);
        say("source", word(element(member(group, "values"), 0)), member(group, "count"));
    }
    rca_text_free(counts);
    rca_text *none = NULL;
    say_failure(rca_event(workspace, RCA_S("01900000-0000-7000-8000-000000000000"), &none));
    say_failure(rca_search(workspace, RCA_S("{\"text\": \"(hold\"}"), &none));
    CHECK(none == NULL);

    OK(rca_clock_advance(clock, 10LL * 60 * 1000000));
    rca_iterator *linked = NULL;
    rca_text *event = NULL;
    rca_text *stranger = NULL;
    unsigned long number_linked = 0;
    OK(rca_linked_events(workspace, id, &linked));
    while (rca_iterator_next(linked, &event) == RCA_OK) {
        number_linked++;
        rca_str event_id = word(member(view(event), "id"));
        int same = event_id.length == guilty.length && memcmp(event_id.data, guilty.data, guilty.length) == 0;
        if (stranger == NULL && !same && !is(word(member(view(event), "source")), "alert")) {
            stranger = event;
        } else {
            rca_text_free(event);
        }
    }
    rca_iterator_free(linked);
    rca_str stranger_id = word(member(view(stranger), "id"));
    add_s(&fact, "linked ");
    add_n(&fact, number_linked);
    add_s(&fact, " stranger ");
    add(&fact, stranger_id);
    told();
    rca_text *link = NULL;
    OK(rca_unlink(workspace, stranger_id, id, RCA_S("ann"), &link));
    rca_text_free(link);
    OK(rca_link(workspace, guilty, id, RCA_S("ann"), &link));
    rca_text_free(link);
    rca_text_free(stranger);
    rca_text *again = NULL;
    OK(rca_analyze(workspace, id, &again));
    static const char *const KINDS[] = {"suggested", "automatic", "manual", "rejected"};
    unsigned long of_kind[4] = {0, 0, 0, 0};
    rca_iterator *links = NULL;
    OK(rca_links(workspace, id, &links));
    while (rca_iterator_next(links, &link) == RCA_OK) {
        for (int i = 0; i < 4; i++) of_kind[i] += (unsigned long)is(word(member(view(link), "kind")), KINDS[i]);
        rca_text_free(link);
    }
    rca_iterator_free(links);
    for (int i = 0; i < 4; i++) {
        add_s(&fact, "links ");
        add_s(&fact, KINDS[i]);
        add_s(&fact, " ");
        add_n(&fact, of_kind[i]);
        told();
    }

    rca_text *note = NULL;
    rca_str said = RCA_S("rolled back, \xe2\x80\x9cholds\xe2\x80\x9d fall\n\ttwo tabs");
    OK(rca_add_note(workspace, id, said, RCA_S("ann"), guilty, &note));
    say("note", word(member(view(note), "id")), said);
    rca_text_free(note);
    say_failure(rca_set_status(workspace, id, RCA_S("resolved"), &none));
    rca_text *moved = NULL;
    growing changes = {NULL, 0, 0};
    add_s(&changes, "{\"root_cause\": ");
    add_quoted(&changes, title(top));
    add_s(&changes, "}");
    OK(rca_update_investigation(workspace, id, grown(&changes), &moved));
    rca_text_free(moved);
    forget(&changes);
    static const char *const LIFE[] = {"in_progress", "resolved", "closed"};
    for (int i = 0; i < 3; i++) {
        OK(rca_set_status(workspace, id, rca_s(LIFE[i]), &moved));
        say("revision", member(view(moved), "revision"), word(member(view(moved), "root_cause")));
        rca_text_free(moved);
    }

    snprintf(path, sizeof path, "%s/webhook.json", argv[2]);
    growing webhook = read_file(path);
    rca_text *done = NULL;
    OK(rca_ingest_delivery(workspace, RCA_S("{\"X-GitHub-Event\": \"push\"}"), grown(&webhook),
                           RCA_S("2026-11-21T05:10:00Z"), &done));
    rca_text_free(done);
    forget(&webhook);
    rca_iterator *letters = NULL;
    rca_text *letter = NULL;
    OK(rca_letters(workspace, RCA_NONE, &letters));
    while (rca_iterator_next(letters, &letter) == RCA_OK) {
        add_s(&fact, "letter ");
        add(&fact, word(member(view(letter), "source")));
        add_s(&fact, " ");
        add(&fact, member(view(letter), "bytes"));
        add_s(&fact, " ");
        add(&fact, word(member(view(letter), "reason")));
        told();
        rca_text_free(letter);
    }
    rca_iterator_free(letters);
    OK(rca_replay_letters(workspace, RCA_NONE, RCA_NONE, NULL, &done));
    add_s(&fact, "replayed ");
    add_n(&fact, count(member(view(done), "settled")));
    add_s(&fact, " ");
    add_n(&fact, count(member(view(done), "refused")));
    told();
    rca_text_free(done);

    rca_graph *graph = NULL;
    rca_text *stats = NULL;
    OK(rca_graph_of_investigation(workspace, id, &graph));
    OK(rca_graph_stats(graph, &stats));
    say_numbers("graph", view(stats), "nodes", "edges", "components");
    rca_text_free(stats);
    rca_graph_free(graph);
    uint64_t events = 0;
    OK(rca_event_count(workspace, &events));
    add_s(&fact, "events ");
    add_n(&fact, (unsigned long)events);
    told();
    rca_text *health = NULL;
    OK(rca_verify(workspace, &health));
    say_numbers("well", view(health), "is_well", NULL, NULL);
    rca_text_free(health);

    rca_text *report = NULL;
    OK(rca_render(first, RCA_S("markdown"), 0, &report));
    growing story = {NULL, 0, 0};
    add_s(&story, "{\n\"facts\": [\n");
    add(&story, grown(&facts));
    add_s(&story, "\n],\n\"analysis\": ");
    rca_str analysis = view(again);
    while (analysis.length > 0 && analysis.data[analysis.length - 1] == '\n') analysis.length--;
    add(&story, analysis);
    add_s(&story, ",\n\"report\": ");
    add_quoted(&story, view(report));
    add_s(&story, "\n}\n");

    growing expected = read_file(argv[3]);
    size_t same = 0;
    while (same < story.length && same < expected.length && story.data[same] == expected.data[same]) same++;
    CHECK(same == story.length && same == expected.length);
    if (same < story.length || same < expected.length) {
        printf("differs from byte %zu: %.120s\n", same, story.data + same);
    }

    forget(&story);
    forget(&expected);
    forget(&facts);
    forget(&fact);
    rca_text_free(report);
    rca_text_free(again);
    rca_text_free(investigated);
    rca_workspace_close(workspace);
    rca_clock_free(clock);
    return finish();
}
