/* What people think and do about an investigation, its history, what it resembles, and all of them together. */
#include "check.h"

static growing scratch = {NULL, 0, 0};

/* A JSON object of names and texts, NULL at the end; valid until the next one. */
static rca_str object(const char *const *parts) {
    clear(&scratch);
    add_s(&scratch, "{");
    for (size_t i = 0; parts[i] != NULL; i += 2) {
        if (i > 0) add_s(&scratch, ",");
        add_quoted(&scratch, rca_s(parts[i]));
        add_s(&scratch, ":");
        add_quoted(&scratch, rca_s(parts[i + 1]));
    }
    add_s(&scratch, "}");
    return grown(&scratch);
}

/* The text between the quotes of a member, as a C string in `out`. */
static void copy_word(rca_str json, const char *name, char *out, size_t size) {
    rca_str found = word(member(json, name));
    size_t length = found.length < size - 1 ? found.length : size - 1;
    if (length > 0) memcpy(out, found.data, length);
    out[length] = '\0';
}

static rca_workspace *memory(rca_str settings) {
    rca_workspace *workspace = NULL;
    rca_clock *clock = NULL;
    OK(rca_clock_new(RCA_S("2026-05-04T12:00:00Z"), &clock));
    OK(rca_workspace_open(RCA_NONE, false, settings, clock, &workspace));
    rca_clock_free(clock);
    return workspace;
}

static void opened(const rca_workspace *workspace, const char *title, char id[64]) {
    const char *const fields[] = {"title", title, "start", "2026-05-04T09:00:00Z", "end", "2026-05-04T10:00:00Z",
                                  "component", "till", NULL};
    rca_text *made = NULL;
    OK(rca_investigate(workspace, object(fields), &made));
    copy_word(view(made), "id", id, 64);
    rca_text_free(made);
}

/* The member of a document that a call gave; the document is freed. */
static int given(rca_text *document, const char *name, const char *expected) {
    rca_str found = member(view(document), name);
    int same = is(found, expected) || is(word(found), expected);
    rca_text_free(document);
    return same;
}

/* Somebody suspects something. */
static void proposed(const rca_workspace *workspace, const char *id, const char *what, char guess[64]) {
    rca_text *made = NULL;
    OK(rca_propose(workspace, rca_s(id), rca_s(what), RCA_S("ann"), RCA_NONE, &made));
    CHECK(is(word(member(view(made), "state")), "proposed"));
    copy_word(view(made), "id", guess, 64);
    rca_text_free(made);
}

static void notes_can_be_changed_and_taken_away(void) {
    rca_workspace *workspace = memory(RCA_NONE);
    char id[64];
    char note[64];
    rca_text *text = NULL;
    opened(workspace, "till is slow", id);
    OK(rca_add_note(workspace, rca_s(id), RCA_S("seen"), RCA_S("ann"), RCA_NONE, &text));
    copy_word(view(text), "id", note, sizeof note);
    CHECK(is(word(member(member(view(text), "about"), "kind")), "investigation"));
    rca_text_free(text);
    const char *const about[] = {"kind", "note", "note", note, NULL};
    OK(rca_add_note(workspace, rca_s(id), RCA_S("by whom?"), RCA_S("ben"), object(about), &text));
    CHECK(is(word(member(member(view(text), "about"), "note")), note));
    rca_text_free(text);
    OK(rca_edit_note(workspace, rca_s(id), rca_s(note), RCA_S("seen twice"), RCA_S("ann"), &text));
    CHECK(given(text, "text", "seen twice"));
    OK(rca_remove_note(workspace, rca_s(id), rca_s(note), RCA_NONE));
    CHECK(rca_remove_note(workspace, rca_s(id), rca_s(note), RCA_NONE) == RCA_NOT_FOUND);
    CHECK(rca_add_note(workspace, rca_s(id), RCA_S("x"), RCA_NONE, RCA_S("{\"kind\": \"dream\"}"), &text) ==
          RCA_INVALID_INPUT);
    CHECK(is(rca_last_error().source, "about") && text == NULL);
    CHECK(rca_add_note(workspace, rca_s(id), RCA_S("x"), RCA_NONE, RCA_S("nonsense"), &text) == RCA_INVALID_INPUT);
    rca_workspace_close(workspace);
}

static void a_hypothesis_is_argued_and_settled(void) {
    rca_workspace *workspace = memory(RCA_NONE);
    char id[64];
    char guess[64];
    rca_text *text = NULL;
    opened(workspace, "till is slow", id);
    proposed(workspace, id, "the pool is small", guess);
    OK(rca_edit_hypothesis(workspace, rca_s(id), rca_s(guess), RCA_S("the pool is too small"), RCA_NONE, &text));
    CHECK(given(text, "text", "the pool is too small"));
    OK(rca_add_evidence(workspace, rca_s(id), rca_s(guess), RCA_S("against"), RCA_S("it was never full"), RCA_S("ben"),
                        RCA_NONE, &text));
    CHECK(given(text, "side", "against"));
    CHECK(rca_add_evidence(workspace, rca_s(id), rca_s(guess), RCA_S("for"), RCA_S(""), RCA_NONE, RCA_NONE, &text) ==
          RCA_INVALID_INPUT);
    CHECK(rca_add_evidence(workspace, rca_s(id), rca_s(guess), RCA_S("beside"), RCA_S("x"), RCA_NONE, RCA_NONE, &text) ==
          RCA_INVALID_INPUT);
    CHECK(rca_set_hypothesis(workspace, rca_s(id), rca_s(guess), RCA_S("so so"), RCA_NONE, &text) == RCA_INVALID_INPUT);
    OK(rca_set_hypothesis(workspace, rca_s(id), rca_s(guess), RCA_S("refuted"), RCA_S("ben"), &text));
    CHECK(count(member(view(text), "evidence")) == 1 && is(word(member(view(text), "state")), "refuted"));
    rca_text_free(text);
    CHECK(rca_propose_from_analysis(workspace, rca_s(id), 1.5, &text) == RCA_INVALID_INPUT && text == NULL);
    rca_workspace_close(workspace);
}

static void causes_become_hypotheses(const char *incident) {
    rca_workspace *workspace = memory(RCA_NONE);
    rca_text *done = NULL;
    rca_text *text = NULL;
    rca_text *key = NULL;
    OK(rca_investigate_bundle(workspace, rca_s(incident), NULL, &done));
    rca_str id = word(member(member(view(done), "investigation"), "id"));
    rca_str cause = element(member(member(view(done), "analysis"), "causes"), 0);
    OK(rca_cause_key(cause, &key));
    CHECK(rca_cause_key(RCA_S("{}"), &text) == RCA_INVALID_INPUT);
    OK(rca_propose_from_analysis(workspace, id, 0.2, &text));
    rca_str about = member(element(view(text), 0), "about");
    CHECK(is(word(member(about, "kind")), "cause") && is(word(member(about, "cause")), rca_text_data(key)));
    rca_text_free(text);
    OK(rca_propose_from_analysis(workspace, id, 0.2, &text));
    CHECK(count(view(text)) == 0);
    rca_text_free(text);
    rca_text_free(key);
    rca_text_free(done);
    rca_workspace_close(workspace);
}

static void histories_tell_who_did_what_and_are_sealed(void) {
    rca_workspace *workspace = memory(RCA_NONE);
    char id[64];
    rca_text *text = NULL;
    opened(workspace, "till is slow", id);
    OK(rca_assign(workspace, rca_s(id), RCA_S("ann"), &text));
    CHECK(given(text, "assigned_to", "ann"));
    OK(rca_assign(workspace, rca_s(id), RCA_NONE, &text));
    CHECK(given(text, "assigned_to", "null"));
    OK(rca_tag(workspace, rca_s(id), RCA_S("payments"), &text));
    CHECK(is(member(view(text), "tags"), "[\"payments\"]"));
    unsigned long seen = number(member(view(text), "revision"));
    rca_text_free(text);
    OK(rca_untag(workspace, rca_s(id), RCA_S("payments"), &text));
    rca_text_free(text);

    /* A revision that is gone. */
    clear(&scratch);
    add_s(&scratch, "{\"root_cause\": \"the pool\", \"revision\": ");
    add_n(&scratch, seen);
    add_s(&scratch, "}");
    CHECK(rca_update_investigation(workspace, rca_s(id), grown(&scratch), &text) == RCA_CONFLICT && text == NULL);
    OK(rca_investigation_at(workspace, rca_s(id), seen, &text));
    CHECK(is(member(view(text), "tags"), "[\"payments\"]"));
    rca_text_free(text);
    CHECK(rca_investigation_at(workspace, rca_s(id), 99, &text) == RCA_NOT_FOUND);

    rca_text *seal = NULL;
    OK(rca_audit_seal(workspace, &seal));

    /* In somebody's hands. */
    rca_workspace *looking = NULL;
    rca_workspace *working = NULL;
    OK(rca_acting_as(workspace, RCA_S("vic"), RCA_S("viewer"), &looking));
    OK(rca_acting_as(workspace, RCA_S("rae"), RCA_S("responder"), &working));
    CHECK(rca_tag(looking, rca_s(id), RCA_S("x"), &text) == RCA_DENIED && text == NULL);
    OK(rca_tag(working, rca_s(id), RCA_S("x"), &text));
    rca_text_free(text);
    CHECK(rca_delete_investigation(working, rca_s(id)) == RCA_DENIED);
    rca_workspace *nobody = NULL;
    CHECK(rca_acting_as(workspace, RCA_S("eve"), RCA_S("root"), &nobody) == RCA_INVALID_INPUT && nobody == NULL);
    rca_workspace_close(workspace);

    rca_iterator *history = NULL;
    unsigned long entries = 0;
    int by_rae = 0;
    OK(rca_history(looking, rca_s(id), &history));
    while (rca_iterator_next(history, &text) == RCA_OK) {
        entries++;
        CHECK(number(member(view(text), "seq")) == entries);
        by_rae = is(word(member(view(text), "author")), "rae");
        rca_text_free(text);
    }
    CHECK(entries > 4 && by_rae);
    rca_iterator_free(history);
    OK(rca_check_seal(looking, view(seal), &text));
    CHECK(is(view(text), "[]"));
    rca_text_free(text);
    CHECK(rca_check_seal(looking, RCA_S("{"), &text) == RCA_INVALID_INPUT);

    /* To another workspace and back. */
    rca_text *dossier = NULL;
    rca_text *again = NULL;
    rca_workspace *other = memory(RCA_NONE);
    OK(rca_check_seal(other, view(seal), &text));
    CHECK(count(view(text)) == 1);
    rca_text_free(text);
    OK(rca_export_investigation(looking, rca_s(id), &dossier));
    OK(rca_import_investigation(other, view(dossier), &text));
    CHECK(given(text, "adopted", "new"));
    OK(rca_import_investigation(other, view(dossier), &text));
    CHECK(given(text, "adopted", "known"));
    OK(rca_export_investigation(other, rca_s(id), &again));
    CHECK(is(view(again), rca_text_data(dossier)));
    OK(rca_tag(other, rca_s(id), RCA_S("theirs"), &text));
    rca_text_free(text);
    OK(rca_tag(working, rca_s(id), RCA_S("ours"), &text));
    rca_text_free(text);
    rca_text_free(again);
    OK(rca_export_investigation(working, rca_s(id), &again));
    CHECK(rca_import_investigation(other, view(again), &text) == RCA_CONFLICT && text == NULL);
    rca_text_free(again);
    rca_text_free(dossier);
    rca_text_free(seal);
    rca_workspace_close(other);
    rca_workspace_close(working);
    rca_workspace_close(looking);
}

/* The page showed a revision; somebody proposed something else meanwhile. */
static void edits_are_merged_and_conflicts_told(void) {
    rca_workspace *workspace = memory(RCA_NONE);
    char id[64];
    char guess[64];
    rca_text *text = NULL;
    opened(workspace, "till is slow", id);
    proposed(workspace, id, "the pool", guess);
    OK(rca_investigation(workspace, rca_s(id), &text));
    unsigned long seen = number(member(view(text), "revision"));
    rca_text_free(text);
    OK(rca_set_hypothesis(workspace, rca_s(id), rca_s(guess), RCA_S("supported"), RCA_NONE, &text));
    rca_text_free(text);

    growing edits = {NULL, 0, 0};
    add_s(&edits, "{\"schema_version\": 2, \"saved_at\": \"2026-05-04T11:00:00Z\", \"revision\": ");
    add_n(&edits, seen);
    add_s(&edits, ", \"notes\": [{\"time\": \"2026-05-04T10:30:00Z\", \"text\": \"**seen** it\"}], \"hypotheses\": [{"
                  "\"time\": \"2026-05-04T12:00:00Z\", \"text\": \"the pool\", \"state\": \"refuted\", \"id\": ");
    add_quoted(&edits, rca_s(guess));
    add_s(&edits, "}]}");
    OK(rca_import_edits(workspace, rca_s(id), grown(&edits), &text));
    CHECK(count(member(view(text), "changes")) == 1);
    rca_str conflict = element(member(view(text), "conflicts"), 0);
    CHECK(is(word(member(conflict, "yours")), "refuted") && is(word(member(conflict, "theirs")), "supported"));
    CHECK(holds(member(member(view(text), "investigation"), "notes"), "**seen** it"));
    rca_text_free(text);
    CHECK(rca_import_edits(workspace, rca_s(id), RCA_S("{}"), &text) == RCA_INVALID_INPUT);
    CHECK(rca_import_edits(workspace, rca_s(id), RCA_S("{\"schema_version\": 99}"), &text) == RCA_CORRUPT);
    forget(&edits);
    rca_workspace_close(workspace);
}

static void the_same_trouble_is_recognised(void) {
    rca_workspace *workspace = memory(RCA_NONE);
    char first[64];
    char other[64];
    char again[64];
    rca_text *text = NULL;
    opened(workspace, "checkout answers 503: connection pool of postgres exhausted", first);
    const char *const fix[] = {"remediation", "raised the pool to 40", NULL};
    OK(rca_update_investigation(workspace, rca_s(first), object(fix), &text));
    rca_text_free(text);
    opened(workspace, "newsletter goes out twice", other);
    opened(workspace, "checkout answers 503 again, connection pool exhausted on postgres", again);
    OK(rca_similar(workspace, rca_s(again), 5, &text));
    rca_str best = element(view(text), 0);
    CHECK(is(word(member(best, "investigation")), first));
    CHECK(is(word(member(best, "remediation")), "raised the pool to 40"));
    CHECK(count(member(best, "resemblances")) > 0);
    rca_text_free(text);
    OK(rca_suggest_related(workspace, rca_s(again), 0.1, &text));
    CHECK(count(view(text)) > 0);
    rca_text_free(text);
    OK(rca_unrelate(workspace, rca_s(again), rca_s(first)));
    OK(rca_relate_because(workspace, rca_s(again), rca_s(other), RCA_S("ann"), RCA_S("[\"the same night\"]")));
    CHECK(rca_relate_because(workspace, rca_s(again), rca_s(other), RCA_NONE, RCA_S("{}")) == RCA_INVALID_INPUT);
    OK(rca_investigation(workspace, rca_s(again), &text));
    CHECK(holds(member(view(text), "related"), "rejected") && holds(member(view(text), "related"), "the same night"));
    rca_text_free(text);
    OK(rca_relate(workspace, rca_s(again), rca_s(first)));
    CHECK(rca_relate(workspace, rca_s(again), rca_s(again)) == RCA_INVALID_INPUT);
    rca_workspace_close(workspace);
}

static void all_together_are_figures(void) {
    rca_workspace *workspace = memory(RCA_S("{\"rules\": [{\"name\": \"deploys\", \"within\": \"1h\", "
                                            "\"when\": {\"source\": \"deploy\"}, \"confidence\": 0.9}]}"));
    char id[64];
    rca_text *text = NULL;
    OK(rca_ingest(workspace,
                  RCA_S("{\"timestamp\":\"2026-05-04T09:10:00Z\",\"source\":\"deploy\",\"event_type\":\"deploy\","
                        "\"title\":\"till v2\",\"source_id\":\"7\"}"),
                  &text));
    rca_text_free(text);
    opened(workspace, "till is slow", id);
    OK(rca_figure(workspace, RCA_S("{\"figure\": \"tally\", \"by\": [\"component\", \"month\"]}"), RCA_S("json"), &text));
    rca_str row = element(member(member(view(text), "table"), "rows"), 0);
    CHECK(is(word(element(row, 0)), "till") && is(word(element(row, 1)), "2026-05") && number(element(row, 2)) == 1);
    rca_text_free(text);
    OK(rca_figure(workspace, RCA_S("{\"figure\": \"timeline\", \"period\": \"day\"}"), RCA_S("svg"), &text));
    CHECK(holds(view(text), "</svg>"));
    rca_text_free(text);
    CHECK(rca_figure(workspace, RCA_S("{\"figure\": \"mood\"}"), RCA_S("svg"), &text) == RCA_INVALID_INPUT);
    CHECK(rca_figure(workspace, RCA_S("{\"figure\": \"tally\"}"), RCA_S("pdf"), &text) == RCA_INVALID_INPUT);
    CHECK(is(rca_last_error().source, "form") && text == NULL);

    OK(rca_rule_reports(workspace, &text));
    CHECK(number(member(element(view(text), 0), "matched")) == 1);
    rca_text_free(text);
    OK(rca_replay(workspace, RCA_S("{\"start\": \"2026-05-01T00:00:00Z\", \"end\": \"2026-06-01T00:00:00Z\"}"), &text));
    CHECK(number(member(view(text), "unchanged")) == 1);
    rca_text_free(text);
    OK(rca_replay(workspace,
                  RCA_S("{\"start\": \"2026-05-01T00:00:00Z\", \"end\": \"2026-06-01T00:00:00Z\", "
                        "\"settings\": {\"rules\": []}}"),
                  &text));
    CHECK(is(word(member(element(member(view(text), "cases"), 0), "investigation")), id));
    rca_text_free(text);
    CHECK(rca_replay(workspace, RCA_S("{\"start\": \"2026-06-01T00:00:00Z\", \"end\": \"2026-05-01T00:00:00Z\"}"),
                     &text) == RCA_INVALID_INPUT);
    OK(rca_check_rules(RCA_S("[[rule]]\nname = 'x'\nwithin = '5m'\nwhen = { source = 'ci' }"), &text));
    CHECK(is(word(member(element(view(text), 0), "effect")), "link"));
    rca_text_free(text);
    CHECK(rca_check_rules(RCA_S("[[rule]]\nname = 'x'\nwithin = 'soon'"), &text) == RCA_INVALID_INPUT && text == NULL);
    rca_workspace_close(workspace);
    rca_workspace *none = NULL;
    CHECK(rca_workspace_open(RCA_NONE, false, RCA_S("{\"rules\": \"[[rule]]\\nname = 'x'\\nwithin = 'soon'\"}"),
                             NULL, &none) == RCA_INVALID_INPUT);
    CHECK(none == NULL);
}

static void documents_are_handed_on(const char *incident) {
    rca_workspace *workspace = memory(RCA_NONE);
    char id[64];
    rca_text *text = NULL;
    opened(workspace, "till is slow", id);
    OK(rca_review_templates(&text));
    CHECK(holds(view(text), "\"review\"") && holds(view(text), "\"summary\""));
    rca_text_free(text);
    OK(rca_review(workspace, rca_s(id), NULL, RCA_NONE, &text));
    CHECK(holds(view(text), "till is slow"));
    rca_text_free(text);
    const char *const ours[] = {"name", "ours.md", "text", "# {{ title }}, {{ status }}", NULL};
    OK(rca_review(workspace, rca_s(id), NULL, object(ours), &text));
    CHECK(is(view(text), "# till is slow, open\n"));
    rca_text_free(text);
    CHECK(rca_review(workspace, rca_s(id), NULL, RCA_S("\"nice\""), &text) == RCA_INVALID_INPUT && text == NULL);
    rca_workspace_close(workspace);

    growing inquiry = {NULL, 0, 0};
    rca_answer *answer = NULL;
    rca_batch *batch = NULL;
    add_s(&inquiry, "{\"paths\": [");
    add_quoted(&inquiry, rca_s(incident));
    add_s(&inquiry, "]}");
    OK(rca_ask(grown(&inquiry), NULL, NULL, NULL, &answer));
    OK(rca_answer_review(answer, RCA_S("\"summary\""), &text));
    CHECK(rca_text_length(text) > 100);
    rca_text_free(text);
    OK(rca_answer_batch(answer, &batch));
    OK(rca_batch_csv(batch, &text));
    CHECK(holds(view(text), ",git,"));
    rca_text_free(text);
    rca_batch_free(batch);
    rca_answer_free(answer);
    forget(&inquiry);
}

static void a_large_inquiry_keeps_to_its_memory(const char *incident) {
    growing inquiry = {NULL, 0, 0};
    add_s(&inquiry, "{\"memory_bytes\": 4000000, \"paths\": [");
    add_quoted(&inquiry, rca_s(incident));
    add_s(&inquiry, "]}");
    rca_answer *answer = NULL;
    rca_text *analysis = NULL;
    OK(rca_ask(grown(&inquiry), NULL, NULL, NULL, &answer));
    OK(rca_answer_analysis(answer, &analysis));
    CHECK(is(word(member(view(analysis), "verdict")), "change"));
    rca_text_free(analysis);
    rca_answer_free(answer);
    forget(&inquiry);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s INCIDENT_FOLDER\n", argv[0]);
        return 2;
    }
    notes_can_be_changed_and_taken_away();
    a_hypothesis_is_argued_and_settled();
    causes_become_hypotheses(argv[1]);
    histories_tell_who_did_what_and_are_sealed();
    edits_are_merged_and_conflicts_told();
    the_same_trouble_is_recognised();
    all_together_are_figures();
    documents_are_handed_on(argv[1]);
    a_large_inquiry_keeps_to_its_memory(argv[1]);
    forget(&scratch);
    return finish();
}
