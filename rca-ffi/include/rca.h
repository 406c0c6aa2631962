/*
 * rca.h - the C interface of rca-core: finds out which change broke a system, inside your process.
 *
 * C11 and C++17. Link with librca (see rca.pc and rcaConfig.cmake).
 *
 *     rca_workspace *workspace = NULL;
 *     rca_text *done = NULL;
 *     rca_workspace_open(RCA_NONE, false, RCA_NONE, NULL, &workspace);
 *     if (rca_investigate_bundle(workspace, rca_s("exports/"), NULL, &done) != RCA_OK) {
 *         rca_error error = rca_last_error();
 *         fprintf(stderr, "%.*s\n", (int)error.message.length, error.message.data);
 *     }
 *     rca_text_free(done);
 *     rca_workspace_close(workspace);
 *
 * Calls          Every call returns a status and writes what it gives through its last argument, which is NULL (0, false)
 *                after a failure. Calls block until they are done; threads belong to you.
 * Texts in       rca_str: UTF-8 and a length in bytes; rca_s() makes one of a C string, RCA_S() of a literal. It is read
 *                during the call only. Where a text may be absent (marked "or none"), give RCA_NONE.
 * Texts out      rca_text: read it with rca_text_data() and rca_text_length(), free it with rca_text_free().
 * Documents      Records cross as JSON, with the names, words and defaults of the Rust and Python interfaces: times as
 *                RFC 3339, ids as text. Objects that you give may leave out what has a default; unknown names are refused.
 * Handles        Every handle has its free function and needs it, also after a failure elsewhere. NULL is freed without
 *                complaint. A handle that was freed before, or is of another kind, is RCA_INVALID_INPUT, not a crash.
 *                A handle may be used from many threads at once; a call that runs while its handle is freed elsewhere ends
 *                well, and lets go of it then.
 * Errors         rca_last_error() says why the last call of this thread failed: what, where, what to do.
 * Callbacks      Run on the thread that made the call, without any lock of ours (but a source is pulled by one call at a time):
 *                they may call this library. They must return normally: no exception and no longjmp through our frames.
 * Panics         A bug of ours ends in RCA_INTERNAL, never in your process going down.
 */
#ifndef RCA_H
#define RCA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. Counts up when a program that was built against an older one would break. */
#define RCA_ABI_VERSION 3
/* The version of the library that is loaded; compare it with RCA_ABI_VERSION. */
uint32_t rca_abi_version(void);

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

/* UTF-8 text of so many bytes. Need not end in NUL. Absent when `data` is NULL. */
typedef struct rca_str {
    const char *data;
    size_t length;
} rca_str;

/* A C string as a text; NULL is none. */
static inline rca_str rca_s(const char *text) {
    rca_str made;
    made.data = text;
    made.length = text == NULL ? 0 : strlen(text);
    return made;
}

/* So many bytes as a text (or as bytes, where a call asks for those). */
static inline rca_str rca_bytes(const void *data, size_t length) {
    rca_str made;
    made.data = (const char *)data;
    made.length = length;
    return made;
}

#define RCA_NONE rca_bytes(NULL, 0)
#define RCA_S(literal) rca_bytes("" literal, sizeof(literal) - 1)

/* The version of the library: "0.1.0". Lives as long as the process. */
rca_str rca_version(void);

/* ---- Handles ----------------------------------------------------------------------------------------------------- */

/* An open collection of events and investigations. */
typedef struct rca_workspace rca_workspace;
/* What was read: events, telemetry, and an account of the reading. */
typedef struct rca_batch rca_batch;
/* What an inquiry came to. */
typedef struct rca_answer rca_answer;
/* Events as nodes, suspected influence as edges. */
typedef struct rca_graph rca_graph;
/* JSON documents one after another. */
typedef struct rca_iterator rca_iterator;
/* A text that was handed out. */
typedef struct rca_text rca_text;
/* A wish to stop, which another thread may utter. */
typedef struct rca_cancel rca_cancel;
/* A clock that stands still until it is moved; for tests and replays. */
typedef struct rca_clock rca_clock;
/* Something that can be asked for what is new, again and again. */
typedef struct rca_source rca_source;
/* Where a source of your own puts what it gives. Lent to it: it is not to be freed, and is none any more afterwards. */
typedef struct rca_page rca_page;
/* What is known of telemetry that was scanned in pieces. */
typedef struct rca_partial rca_partial;

/* ---- How a call ended -------------------------------------------------------------------------------------------- */

typedef enum rca_status {
    RCA_OK = 0,
    RCA_NOT_FOUND = 1,     /* the thing asked for does not exist */
    RCA_INVALID_INPUT = 2, /* the input can't be used as it is */
    RCA_CONFLICT = 3,      /* the change does not fit the present state */
    RCA_DENIED = 4,        /* not allowed */
    RCA_BUSY = 5,          /* somebody else holds the resource */
    RCA_CORRUPT = 6,       /* stored data is damaged */
    RCA_CANCELLED = 7,     /* you asked to stop */
    RCA_INTERNAL = 8,      /* a disk failed, or a bug of ours */
    RCA_END = 9            /* not a failure: there is nothing (more) to give */
} rca_status;

/* `offset` of an error that has none. */
#define RCA_NO_OFFSET UINT64_MAX

/* Why a call failed. The texts stay until the next call of the same thread. */
typedef struct rca_error {
    rca_status status; /* of the last call; RCA_OK and RCA_END have no message */
    rca_str message;   /* one line for people: what, where, what to do */
    rca_str source;    /* the file, folder, input, argument or field; or none */
    rca_str hint;      /* what to do, where the message says it apart; or none */
    uint64_t line;     /* in the source, from 1; 0 when not known */
    uint64_t column;   /* in characters, from 1; 0 when not known */
    uint64_t offset;   /* in bytes, from 0; RCA_NO_OFFSET when not known */
} rca_error;

rca_error rca_last_error(void);
/* "not_found", ...; "unknown" for any other number. Lives as long as the process. */
rca_str rca_status_name(int status);

/* ---- What is handed out ------------------------------------------------------------------------------------------ */

/* The bytes of a text, with a NUL behind them; valid until it is freed. NULL for NULL. */
const char *rca_text_data(const rca_text *text);
/* Without the NUL. */
size_t rca_text_length(const rca_text *text);
rca_status rca_text_free(rca_text *text);

/* The next JSON document; RCA_END after the last. */
rca_status rca_iterator_next(const rca_iterator *iterator, rca_text **document);
rca_status rca_iterator_free(rca_iterator *iterator);

/* How many handles of the process are not freed; 0 at the end of a program without leaks. */
size_t rca_handle_count(void);

/* ---- Watching and stopping long work ------------------------------------------------------------------------------ */

/* How far a read is. The text is valid during the callback. */
typedef struct rca_progress {
    rca_str input;    /* its name */
    uint64_t records; /* seen so far, refused ones included */
    uint64_t bytes;   /* taken so far */
} rca_progress;

/* Return 0 to go on; anything else ends the call with RCA_CANCELLED. */
typedef int (*rca_progress_fn)(void *user_data, const rca_progress *progress);

/* Who watches a call. Any part may be NULL, and so may the whole. */
typedef struct rca_watch {
    rca_progress_fn progress;
    void *user_data;
    const rca_cancel *cancel;
} rca_watch;

rca_status rca_cancel_new(rca_cancel **cancel);
/* Ends every call that watches it with RCA_CANCELLED, as soon as it looks up; from any thread. */
rca_status rca_cancel_now(const rca_cancel *cancel);
rca_status rca_cancel_free(rca_cancel *cancel);

/* ---- Logging ------------------------------------------------------------------------------------------------------ */

typedef enum rca_log_level {
    RCA_LOG_ERROR = 1,
    RCA_LOG_WARN = 2,
    RCA_LOG_INFO = 3,
    RCA_LOG_DEBUG = 4,
    RCA_LOG_TRACE = 5
} rca_log_level;

/* A line of what happens inside: never bodies, secrets or the texts of your logs. Valid during the callback. */
typedef void (*rca_log_fn)(void *user_data, rca_log_level level, rca_str target, rca_str line);

/*
 * Tells a function, from any thread, what happens from a level (rca_log_level) up; NULL tells nobody. One for the process;
 * the last one set counts. A call that began on another thread before that may still reach the one before: keep its user
 * data until other threads have ended. RCA_CONFLICT when a Rust program listens through `tracing` already.
 */
rca_status rca_set_log(rca_log_fn tell, void *user_data, int from);

/* ---- Workspace ---------------------------------------------------------------------------------------------------- */

/* A clock that shows this time and stands still. */
rca_status rca_clock_new(rca_str time, rca_clock **clock);
rca_status rca_clock_advance(const rca_clock *clock, int64_t microseconds);
rca_status rca_clock_free(rca_clock *clock);

/*
 * Opens the workspace in a folder (`path`), which is made when there is none; one in memory when `path` is none.
 * `settings` (or none) is an object such as {"max_causes": 5, "redact": false, "line_bytes": 65536, "rules":
 * [{"name", "within", "when": {}, ...}] or the same as TOML in a string}. `clock` may be NULL: the computer's.
 * RCA_BUSY when somebody has it open, RCA_NOT_FOUND when read-only and there is none.
 */
rca_status rca_workspace_open(rca_str path, bool read_only, rca_str settings, const rca_clock *clock,
                              rca_workspace **workspace);
/* Closes it and frees its folder, at once unless calls still run on it or iterators still read from it. */
rca_status rca_workspace_close(rca_workspace *workspace);
/* The folder; RCA_END in memory. */
rca_status rca_workspace_path(const rca_workspace *workspace, rca_text **path);

/* What opening found of the search index: {"index": "created" | "intact" | "rebuilt" | "in_memory", "reason"}. */
rca_status rca_index_opened(const rca_workspace *workspace, rca_text **opened);
/* Commits what is pending in the search index. */
rca_status rca_refresh(const rca_workspace *workspace);
/* Throws the search index away and builds it anew. */
rca_status rca_rebuild_index(const rca_workspace *workspace);
/* Gives disk space back. RCA_BUSY while iterators still read. */
rca_status rca_compact(const rca_workspace *workspace);
/* Copies the store to a new file: "store.redb" in an empty folder is a workspace. */
rca_status rca_backup(const rca_workspace *workspace, rca_str file);
/* Checks every record, reference and index file: {"is_well": true, "problems": [], ...}. */
rca_status rca_verify(const rca_workspace *workspace, rca_text **health);

/* ---- Events ------------------------------------------------------------------------------------------------------- */

/*
 * Checks the fields of an event and gives it its identity. `draft`: {"timestamp", "source", "event_type", "title"}, and where
 * known "severity", "entity" {"kind", "name"}, "body", "data" {}, "tags" [], "source_id", "metadata" {}.
 */
rca_status rca_new_event(rca_str draft, rca_text **event);
/*
 * Stores events: a JSON array, or one object a line. One with an "id" is an event as this library writes it, one without a
 * draft as for rca_new_event(). All or none; durable on return. Repeating it stores nothing twice:
 * {"accepted": [ids], "duplicates": [{"index", "existing"}]}.
 */
rca_status rca_ingest(const rca_workspace *workspace, rca_str events, rca_text **report);
rca_status rca_event(const rca_workspace *workspace, rca_str id, rca_text **event);
/* `ids`: a JSON array; the answer has null for those that are not there. */
rca_status rca_events_by_id(const rca_workspace *workspace, rca_str ids, rca_text **events);
/* In order of time, as they stand now. `scan` (or none): {"start", "end", "newest_first", "deleted", "after": [time, id]}. */
rca_status rca_events(const rca_workspace *workspace, rca_str scan, rca_iterator **iterator);
/* Removed ones included. */
rca_status rca_event_count(const rca_workspace *workspace, uint64_t *count);
/* It can be restored. */
rca_status rca_delete_event(const rca_workspace *workspace, rca_str id);
rca_status rca_restore_event(const rca_workspace *workspace, rca_str id);

/* ---- Searching ---------------------------------------------------------------------------------------------------- */

/*
 * A page of events that match: {"total", "hits": [{"id", "score", "timestamp", "snippet"}], "next"}; highlights of snippets
 * are ranges of bytes. `query`: {"text": "hold source:git", "start", "end", "source", "event_type", "severity", "entity",
 * "tag", "investigation", "sort": "relevance" | "newest" | "oldest", "limit", "after": the "next" before, "count": false}.
 */
rca_status rca_search(const rca_workspace *workspace, rca_str query, rca_text **page);
/* Every event that matches, whole, page after page of "limit". */
rca_status rca_search_all(const rca_workspace *workspace, rca_str query, rca_iterator **iterator);
rca_status rca_search_investigations(const rca_workspace *workspace, rca_str query, rca_text **page);
/*
 * Exact counts of what matches `query` (or none): {"total", "groups": [{"bucket", "values", "count"}]}. `by` (or none): an
 * array of "source", "type", "entity", "severity". `bucket_seconds` 0: not by time.
 */
rca_status rca_counts(const rca_workspace *workspace, rca_str query, rca_str by, uint64_t bucket_seconds,
                      rca_text **counts);

/* ---- Investigations ----------------------------------------------------------------------------------------------- */

/* `draft`: {"title", "start", "end"}, and where known "detected_at", "description", "service", "component", "tags",
 * "impact_severity", "priority", "created_by", "assigned_to". Links the events that belong to it. */
rca_status rca_investigate(const rca_workspace *workspace, rca_str draft, rca_text **investigation);
rca_status rca_investigation(const rca_workspace *workspace, rca_str id, rca_text **investigation);
/* Newest first. */
rca_status rca_investigations(const rca_workspace *workspace, bool deleted, rca_iterator **iterator);
/*
 * `changes`: the fields to change, null to empty one; "add_tags" [], "remove_tags" []. With "revision" only that revision is
 * changed: RCA_CONFLICT when there is a newer one.
 */
rca_status rca_update_investigation(const rca_workspace *workspace, rca_str id, rca_str changes,
                                    rca_text **investigation);
/* Writes one that you read and changed; RCA_CONFLICT when somebody wrote it since. */
rca_status rca_replace_investigation(const rca_workspace *workspace, rca_str investigation, rca_text **stored);
/* "open", "in_progress", "resolved", "closed"; RCA_CONFLICT for a move that is not legal. */
rca_status rca_set_status(const rca_workspace *workspace, rca_str id, rca_str status, rca_text **investigation);
/* It can be restored; its events stay. */
rca_status rca_delete_investigation(const rca_workspace *workspace, rca_str id);
rca_status rca_restore_investigation(const rca_workspace *workspace, rca_str id, rca_text **investigation);
/* Gives it to somebody; to nobody when `person` is none. */
rca_status rca_assign(const rca_workspace *workspace, rca_str id, rca_str person, rca_text **investigation);
rca_status rca_tag(const rca_workspace *workspace, rca_str id, rca_str tag, rca_text **investigation);
rca_status rca_untag(const rca_workspace *workspace, rca_str id, rca_str tag, rca_text **investigation);

/* A person (or none) says that an event belongs to an investigation, or that it does not; no analysis changes that. */
rca_status rca_link(const rca_workspace *workspace, rca_str event, rca_str investigation, rca_str person,
                    rca_text **link);
rca_status rca_unlink(const rca_workspace *workspace, rca_str event, rca_str investigation, rca_str person,
                      rca_text **link);
/* Suggestions and rejections too, surest first. */
rca_status rca_links(const rca_workspace *workspace, rca_str id, rca_iterator **iterator);
/* In order of time. */
rca_status rca_linked_events(const rca_workspace *workspace, rca_str id, rca_iterator **iterator);
/* Decides anew: {"linked", "suggested", "dropped"}. */
rca_status rca_relink(const rca_workspace *workspace, rca_str id, rca_text **done);
/* What every rule says: {"confidence", "kind", "reasons"}. */
rca_status rca_explain_link(const rca_workspace *workspace, rca_str event, rca_str investigation,
                            rca_text **explanation);

/* ---- Notes and hypotheses ------------------------------------------------------------------------------------------ */

/*
 * `about` (or none: the investigation as a whole) is the id of an event, or one of {"kind": "event", "event"}, {"kind": "edge",
 * "from", "to", "relation"}, {"kind": "cause", "cause"}, {"kind": "note", "note"}. `author` may be none. `text` is Markdown.
 */
rca_status rca_add_note(const rca_workspace *workspace, rca_str id, rca_str text, rca_str author, rca_str about,
                        rca_text **note);
/* What notes said before stays in the history. */
rca_status rca_edit_note(const rca_workspace *workspace, rca_str id, rca_str note, rca_str text, rca_str author,
                         rca_text **changed);
rca_status rca_remove_note(const rca_workspace *workspace, rca_str id, rca_str note, rca_str author);

/* Says what is suspected. */
rca_status rca_propose(const rca_workspace *workspace, rca_str id, rca_str text, rca_str author, rca_str about,
                       rca_text **hypothesis);
/* Of causes at least so probable (0 to 1): an array of those that are new. Analyses first when that was never done. */
rca_status rca_propose_from_analysis(const rca_workspace *workspace, rca_str id, double at_least,
                                     rca_text **hypotheses);
rca_status rca_edit_hypothesis(const rca_workspace *workspace, rca_str id, rca_str hypothesis, rca_str text,
                               rca_str author, rca_text **changed);
/* `state`: "proposed", "supported", "refuted". */
rca_status rca_set_hypothesis(const rca_workspace *workspace, rca_str id, rca_str hypothesis, rca_str state,
                              rca_str author, rca_text **changed);
/* `side`: "for", "against". `text` may be empty where `about` says enough. */
rca_status rca_add_evidence(const rca_workspace *workspace, rca_str id, rca_str hypothesis, rca_str side, rca_str text,
                            rca_str author, rca_str about, rca_text **argument);

/*
 * Takes in what people wrote in the page of rca_canvas() and saved: {"investigation", "changes": [{"field", "old", "new"}],
 * "conflicts": [{"field", "base", "yours", "theirs"}]}. What both sides changed stays as it is stored, and is a conflict.
 */
rca_status rca_import_edits(const rca_workspace *workspace, rca_str id, rca_str edits, rca_text **merged);

/* ---- History ------------------------------------------------------------------------------------------------------ */

/* Every change of every field, oldest first: {"seq", "revision", "time", "author", "field", "old", "new", ...}. */
rca_status rca_history(const rca_workspace *workspace, rca_str id, rca_iterator **iterator);
/* An investigation as it was. */
rca_status rca_investigation_at(const rca_workspace *workspace, rca_str id, uint64_t revision,
                                rca_text **investigation);
/*
 * rca_verify() finds a history that was damaged. Against somebody who can write the file: a seal says where all histories end
 * now; kept elsewhere, it proves later that they only grew. `problems`: [{"what", "reason"}], empty when all is well.
 */
rca_status rca_audit_seal(const rca_workspace *workspace, rca_text **seal);
rca_status rca_check_seal(const rca_workspace *workspace, rca_str seal, rca_text **problems);

/*
 * The same workspace in somebody's hands: "viewer" (reads), "responder" (works on incidents) or "admin" (removes, looks after
 * the folder). What the role does not allow is RCA_DENIED, and changes are recorded under `name` (whom you trust it to be).
 * To be closed like the first, in any order.
 */
rca_status rca_acting_as(const rca_workspace *workspace, rca_str name, rca_str role, rca_workspace **acting);

/* An investigation with its events, links, answer and history as one document, without loss. */
rca_status rca_export_investigation(const rca_workspace *workspace, rca_str id, rca_text **dossier);
/*
 * Takes one in, all or nothing: {"investigation": id, "adopted": "new" | "extended" | "known"}. RCA_CONFLICT when it was
 * changed on both sides, RCA_CORRUPT when its history was tampered with.
 */
rca_status rca_import_investigation(const rca_workspace *workspace, rca_str dossier, rca_text **adopted);

/* ---- Seen before? ------------------------------------------------------------------------------------------------- */

/*
 * Investigations that resemble one, most alike first: [{"investigation", "title", "detected_at", "status", "score",
 * "resemblances": [{"likeness", "score", "detail"}], "cause", "root_cause", "remediation", "lessons_learned", "reverts",
 * "resolved_after": seconds}].
 */
rca_status rca_similar(const rca_workspace *workspace, rca_str id, size_t limit, rca_text **similar);
/* Keeps those of at least such a score (0.5 is worth a look) on both sides, as suggestions; gives them, as above. */
rca_status rca_suggest_related(const rca_workspace *workspace, rca_str id, double at_least, rca_text **similar);
/*
 * Keeps what a comparison of your own found, how surely (0 to 1) and why; what a person decided stays. `kept` says whether it
 * was. `reasons`: a JSON array of texts.
 */
rca_status rca_suggest_relation(const rca_workspace *workspace, rca_str id, rca_str other, double confidence,
                                rca_str reasons, bool *kept);
/* A person says so; the relation is mutual. `person` may be none; `reasons`: a JSON array of texts. */
rca_status rca_relate(const rca_workspace *workspace, rca_str a, rca_str b);
rca_status rca_relate_because(const rca_workspace *workspace, rca_str a, rca_str b, rca_str person, rca_str reasons);
/* Takes that back, and keeps a suggestion from coming back. */
rca_status rca_unrelate(const rca_workspace *workspace, rca_str a, rca_str b);

/* ---- All investigations together ------------------------------------------------------------------------------------ */

/*
 * A figure in a form: "json" (its own fields, with "table": {"title", "columns", "rows", "notes", "kinds"} and "chart"), "csv",
 * "markdown" (the table) or "svg" (the chart). `wanted` is one of
 *   {"figure": "durations", "measure": "detect" | "acknowledge" | "resolve" | "restore", "by": [], "cases": {}}
 *   {"figure": "tally", "by": [], "most_frequent_first": false, "cases": {}}
 *   {"figure": "timeline", "period": "day" | "week" | "month" | "quarter", "cases": {}}
 *   {"figure": "recurrence", "within_seconds": 2592000, "cases": {}}
 *   {"figure": "change_failures", "by_entity": false, "period", "start", "end"}
 *   {"figure": "events_by_source", "bucket_seconds", "start", "end"}
 * where "by" holds "severity", "component", "service", "mechanism" and periods, and "cases" says which count: {"start", "end"
 * (of detection), "impact_at_least", "component", "service", "mechanism"}.
 */
rca_status rca_figure(const rca_workspace *workspace, rca_str wanted, rca_str form, rca_text **figure);
/*
 * What other settings would make of the investigations that were detected in a range. `wanted`: {"start", "end", "settings" (as
 * in rca_workspace_open(); what is absent stays as it is)}. {"cases": [{"investigation", "links", "ranking"}], "unchanged",
 * "incidents": {"opened", "met", "missed"}, "rules", "range"}. Writes nothing.
 */
rca_status rca_replay(const rca_workspace *workspace, rca_str wanted, rca_text **diff);
/* What each of the "rules" did since it was opened: [{"rule", "matched", "considered", "in_words", ...}]. */
rca_status rca_rule_reports(const rca_workspace *workspace, rca_text **reports);
/* Checks "rules" (a JSON array, or TOML) and gives them back with every field said. */
rca_status rca_check_rules(rca_str rules, rca_text **checked);

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

/* All formats: [{"name", "about"}]. */
rca_status rca_formats(rca_text **formats);
/* `paths`: a JSON array of files and folders. `format` or none: told by content. `settings` as in rca_workspace_open(). */
rca_status rca_read_files(rca_str paths, rca_str format, rca_str settings, const rca_watch *watch, rca_batch **batch);
/* `body`: any bytes. `columns` (or none) names those of a table: {"time": "ts", "entity": "svc", "message": "msg"}. */
rca_status rca_read_bytes(rca_str name, rca_str body, rca_str format, rca_str columns, rca_str settings,
                          const rca_watch *watch, rca_batch **batch);
/* A folder of exported files. */
rca_status rca_read_bundle(rca_str folder, rca_str settings, const rca_watch *watch, rca_batch **batch);
/* `history` (or none): {"since", "until", "max_commits", "tips": [names]}. */
rca_status rca_read_git(rca_str path, rca_str history, rca_str settings, const rca_watch *watch, rca_batch **batch);
/* A webhook as it came, without storing it. `headers`: an object; `received`: when it came. */
rca_status rca_read_delivery(rca_str headers, rca_str body, rca_str received, rca_str settings, rca_batch **batch);
/* Events made by hand, as rca_ingest() takes them. */
rca_status rca_batch_of_events(rca_str events, rca_batch **batch);
/* Everything of two batches. */
rca_status rca_batch_join(const rca_batch *one, const rca_batch *other, rca_batch **batch);
/* The same with every entity under one name; `rules` (or none): JSON, as in a rules file. */
rca_status rca_batch_resolve(const rca_batch *batch, rca_str rules, rca_batch **resolved);
rca_status rca_batch_free(rca_batch *batch);
/* What a commit of a local repository changes, as a unified diff. */
rca_status rca_git_diff(rca_str path, rca_str sha, rca_text **diff);

/* What was read, what was refused, where and why. */
rca_status rca_batch_report(const rca_batch *batch, rca_text **report);
/* {"events", "metric_points", "spans", "log_records", "covers"}. */
rca_status rca_batch_counts(const rca_batch *batch, rca_text **counts);
/* Everything that it is about: [{"kind", "name"}]. */
rca_status rca_batch_entities(const rca_batch *batch, rca_text **entities);
rca_status rca_batch_events(const rca_batch *batch, rca_iterator **iterator);
/* An account of the inputs: what is there, what is missing. */
rca_status rca_batch_examine(const rca_batch *batch, rca_text **doctor);
/* Stores its events; what was refused goes to the dead letters unless `forget`. */
rca_status rca_ingest_batch(const rca_workspace *workspace, const rca_batch *batch, bool forget, rca_text **report);
/* Stores what a webhook says. `headers`: an object; `received`: when it came. Refused ones become dead letters. */
rca_status rca_ingest_delivery(const rca_workspace *workspace, rca_str headers, rca_str body, rca_str received,
                               rca_text **report);
/* RCA_INVALID_INPUT unless the signature of a webhook ("sha256=...") is that of its sender: drop it then. */
rca_status rca_verify_signature(rca_str secret, rca_str body, rca_str signature);

/* ---- Sources that are polled -------------------------------------------------------------------------------------- */

/*
 * One of
 *   {"kind": "git", "path": "shop/", "repository": "shop/till", "tips": [names], "page": commits at once}
 *   {"kind": "github", "repository": "shop/till", "token", "server", "branch",
 *    "resources": ["runs", "deployments", "commits", "releases"]}
 *   {"kind": "prometheus", "url", "queries": {"errors": "rate(errors_total[1m])"}, "token", "basic": {"user", "password"},
 *    "step_seconds": 15, "delay_seconds": 30}
 * and, where known, "name" (the key of its checkpoint), "start" (where the first pull begins), and for the last two
 * "proxy_from_environment": false, "authorities": certificates (PEM) to trust beside the system's.
 */
rca_status rca_source_open(rca_str wanted, rca_source **source);
/*
 * A source of your own. The function is called on the thread that pulls, whichever that is, one call at a time, with the
 * checkpoint that it gave last (JSON; none at first) and the moment (RFC 3339), both to be read during the call only. It answers
 * with rca_page_give() or rca_page_fail(), and neither retries nor waits. It may use the library and the workspace, but not
 * pull itself. `name` is the key of its checkpoint: the same in every run. Keep nothing else, and a crash neither loses nor
 * doubles. `user_data` has to live until the source is freed and no pull runs.
 */
typedef void (*rca_pull_fn)(void *user_data, rca_str checkpoint, rca_str now, rca_page *page);
rca_status rca_source_new(rca_str name, rca_pull_fn pull, void *user_data, rca_source **source);
rca_status rca_source_free(rca_source *source);
rca_status rca_source_name(const rca_source *source, rca_text **name);

/* What was read (NULL: nothing), where to go on (JSON), and whether there is more right now. */
rca_status rca_page_give(const rca_page *page, const rca_batch *batch, rca_str checkpoint, bool more);
/*
 * What was in the way, in words without secrets. `kind`: "unreachable", "timed_out" and "server" are tried again, "throttled"
 * waits (`after_seconds` at least, 0 when not known), "credentials", "forbidden" and "not_found" ask a human, "malformed" never
 * works, "cancelled" ends the pull.
 */
rca_status rca_page_fail(const rca_page *page, rca_str kind, rca_str what, double after_seconds);

/*
 * Pulls what is new, from where the last pull ended, and stores its events and what could not be read. Retries, pauses and the
 * checkpoint are taken care of. `options` (or none): {"pages": most of this pull, "anew": false, "forget_refused": false,
 * "patience_seconds": 120 (the longest wait that is sat out), "page_seconds": 120 (until a source of ours is told to stop),
 * "tries": 5 for a page}. `telemetry` (or NULL) takes a batch of what is not stored, for rca_observe(); like `report` it is NULL
 * after a failure. A source that fails is no failure of the call: `report` has "end": "caught_up", "more_pages", "not_before",
 * "gave_up", "needs_human" or "impossible", and "fault" {"kind" (as rca_status_name()), "place", "what", "hint"}. RCA_BUSY while
 * another thread pulls the source. After RCA_CANCELLED the pages stored so far stay, with their checkpoint.
 */
rca_status rca_pull(const rca_workspace *workspace, const rca_source *source, rca_str options, const rca_watch *watch,
                    rca_batch **telemetry, rca_text **report);
/* How all sources stand, and the dead-letter queue: {"sources": [{"name", "standing", "last_fault", ...}], "dead_letters"}. */
rca_status rca_sources(const rca_workspace *workspace, rca_text **status);
/* Lets a paused source be asked again at once. */
rca_status rca_reset_source(const rca_workspace *workspace, rca_str name);
/* Lets the next pull begin anew; `known` says whether there was a checkpoint. */
rca_status rca_forget_checkpoint(const rca_workspace *workspace, rca_str source, bool *known);

/* ---- Telemetry in pieces ------------------------------------------------------------------------------------------ */

/*
 * For what is too much for one process or memory: each absorbs its share and sends its state to one that merges them. The order
 * does not matter, and the findings are those of all telemetry at once; what is absorbed twice is counted twice. `kept` (or
 * none): {"window": {"start", "end"} (log records outside of it are left out), "memory_bytes": bound on what is kept of them}.
 */
rca_status rca_partial_new(rca_str kept, rca_partial **partial);
/* A state that rca_partial_bytes() wrote; RCA_CORRUPT for anything else. */
rca_status rca_partial_from_bytes(rca_str bytes, rca_partial **partial);
rca_status rca_partial_free(rca_partial *partial);
/* The state as bytes: the same for equal states. */
rca_status rca_partial_bytes(const rca_partial *partial, rca_text **bytes);
rca_status rca_partial_absorb(const rca_partial *partial, const rca_batch *batch);
rca_status rca_partial_merge(const rca_partial *partial, const rca_partial *other);
/* {"samples", "spans", "log_records"}. */
rca_status rca_partial_counts(const rca_partial *partial, rca_text **counts);
/*
 * What moved, as events. `wanted`: {"window": {"start", "end"}, "alarm": when it was surely bad, "onset_hint": when it probably
 * began}; `normal` (or NULL): a state of normal operation at another time.
 */
rca_status rca_partial_findings(const rca_partial *partial, rca_str wanted, const rca_partial *normal, rca_batch **batch);
/* Adds it to what is known of an investigation; the next analysis takes it in. */
rca_status rca_observe_partial(const rca_workspace *workspace, rca_str id, const rca_partial *partial);

/* ---- Asking why --------------------------------------------------------------------------------------------------- */

/*
 * Reads any mix of inputs and judges; in a workspace, as a new investigation, where one is given (else NULL). `inquiry`:
 * {"paths": ["exports/", {"path", "format"}], "repositories": [], "alert_files": [], "alert": "checkout is slow", "at",
 * "entity", "window": "2h" | "START/END", "rules": {}, "rules_file", "settings": {}, "memory_bytes": about what telemetry may
 * take while it is read (256 MB)}. `batch`: what was read already, or NULL.
 */
rca_status rca_ask(rca_str inquiry, const rca_batch *batch, const rca_workspace *workspace, const rca_watch *watch,
                   rca_answer **answer);
/* Reads, and says how it went, without judging. */
rca_status rca_examine(rca_str inquiry, const rca_batch *batch, const rca_watch *watch, rca_text **doctor);
/* Causes, evidence, timeline. */
rca_status rca_answer_analysis(const rca_answer *answer, rca_text **analysis);
/* What was read, what was not, and what is missing. */
rca_status rca_answer_doctor(const rca_answer *answer, rca_text **doctor);
/* Everything that was read. */
rca_status rca_answer_batch(const rca_answer *answer, rca_batch **batch);
/* One HTML file to look around in. */
rca_status rca_answer_canvas(const rca_answer *answer, rca_text **html);
rca_status rca_answer_free(rca_answer *answer);

/* Without a workspace. `incident` (or none): {"window": {"start", "end"}, "symptom", "frames": [], "settings": {}}. */
rca_status rca_analyze_batch(const rca_batch *batch, rca_str incident, rca_text **analysis);
/* Reads a bundle, stores it, opens an investigation, analyses: {"investigation", "analysis", "report"}. */
rca_status rca_investigate_bundle(const rca_workspace *workspace, rca_str folder, const rca_watch *watch,
                                  rca_text **investigated);
rca_status rca_investigate_batch(const rca_workspace *workspace, const rca_batch *batch, rca_text **investigated);

/* Analyses an investigation from what is stored and observed; touches only what changed since the last time. */
rca_status rca_analyze(const rca_workspace *workspace, rca_str id, rca_text **analysis);
/* The same with all telemetry there is. */
rca_status rca_analyze_with(const rca_workspace *workspace, rca_str id, const rca_batch *batch, rca_text **analysis);
/* Adds telemetry, batch by batch; the next analysis takes it in. */
rca_status rca_observe(const rca_workspace *workspace, rca_str id, const rca_batch *batch);
rca_status rca_forget_telemetry(const rca_workspace *workspace, rca_str id);
/* The latest answer; RCA_END when there is none yet. */
rca_status rca_analysis(const rca_workspace *workspace, rca_str id, rca_text **analysis);
/* The most likely causes, most likely first: an array. */
rca_status rca_root_causes(const rca_workspace *workspace, rca_str id, size_t limit, rca_text **causes);

/* What stays the same of a cause (one of those above) when it is analysed again; for {"kind": "cause", "cause": key}. */
rca_status rca_cause_key(rca_str cause, rca_text **key);

/* ---- Showing ------------------------------------------------------------------------------------------------------ */

/* `kind`: "text" or "colour" (so many columns wide), "markdown", "json". */
rca_status rca_render(rca_str analysis, rca_str kind, size_t width, rca_text **report);
rca_status rca_render_doctor(rca_str doctor, rca_str kind, size_t width, rca_text **report);
/* An investigation as one HTML file to look around in; with the telemetry of `batch`, or NULL. */
rca_status rca_canvas(const rca_workspace *workspace, rca_str id, const rca_batch *batch, rca_text **html);
/*
 * A post-incident review to edit. `wanted` (or none: "review"): the name of a template that is built in, as JSON
 * ("\"summary\""), or {"name": "ours.md", "text": "# {{ title }} ...", "parts": {}} in the syntax of Jinja. `batch` or NULL.
 */
rca_status rca_review(const rca_workspace *workspace, rca_str id, const rca_batch *batch, rca_str wanted,
                      rca_text **review);
rca_status rca_answer_review(const rca_answer *answer, rca_str wanted, rca_text **review);
/* The names of those that are built in: an array. */
rca_status rca_review_templates(rca_text **names);
/*
 * A PDF to print and hand on: the bytes of the file. `batch` or NULL. It says that it was made at `created` (RFC 3339), or now
 * when that is none. RCA_INVALID_INPUT in a library that was built without the feature "pdf".
 */
rca_status rca_pdf(const rca_workspace *workspace, rca_str id, const rca_batch *batch, rca_str created, rca_text **pdf);
rca_status rca_answer_pdf(const rca_answer *answer, rca_str created, rca_text **pdf);
/* The events of a batch as a table for a spreadsheet. */
rca_status rca_batch_csv(const rca_batch *batch, rca_text **csv);
/* Writes a document (any bytes) to a file, whole or not at all; only the owner may read it. */
rca_status rca_save(rca_str path, rca_str document);

/* ---- Correlation graph -------------------------------------------------------------------------------------------- */

rca_status rca_graph_of_investigation(const rca_workspace *workspace, rca_str id, rca_graph **graph);
rca_status rca_graph_of_time(const rca_workspace *workspace, rca_str start, rca_str end, rca_graph **graph);
/* The graph of events in memory, as rca_ingest() takes them. */
rca_status rca_graph_of_events(rca_str events, rca_graph **graph);
rca_status rca_graph_from_json(rca_str text, rca_graph **graph);
rca_status rca_graph_free(rca_graph *graph);
rca_status rca_graph_json(const rca_graph *graph, rca_text **text);
/* For Graphviz. */
rca_status rca_graph_dot(const rca_graph *graph, rca_text **text);
rca_status rca_graph_stats(const rca_graph *graph, rca_text **stats);
/* The strongest path between two events, an array of edges or null; `way`: "out", "in" or "both". */
rca_status rca_evidence_path(const rca_graph *graph, rca_str from, rca_str to, rca_str way, rca_text **edges);
/* Chains of influence that end at a symptom: [{"change", "strength", "edges"}]. */
rca_status rca_causal_chains(const rca_graph *graph, rca_str symptom, size_t max_edges, rca_text **chains);
/* Events one edge away; `kind` of edge or none. */
rca_status rca_neighbours(const rca_graph *graph, rca_str event, rca_str way, rca_str kind, rca_text **ids);
rca_status rca_edges_of(const rca_graph *graph, rca_str event, rca_str way, rca_text **edges);
/* The events so near, with their distance: [[id, hops]]. */
rca_status rca_within_hops(const rca_graph *graph, rca_str event, size_t hops, rca_str way, rca_text **events);
/* All events that hang together with one: an array of ids. */
rca_status rca_component(const rca_graph *graph, rca_str event, rca_text **ids);
/*
 * Personalised PageRank, highest first: [[id, rank]]. `wanted`: {"restarts": {id: weight}, "toward": "causes" | "effects",
 * "damping": 0.85}.
 */
rca_status rca_page_rank(const rca_graph *graph, rca_str wanted, rca_text **ranks);

/* ---- Dead letters ------------------------------------------------------------------------------------------------- */

/* What could not be read. `filter` (or none): {"source", "due", "after", "limit"}. */
rca_status rca_letters(const rca_workspace *workspace, rca_str filter, rca_iterator **iterator);
rca_status rca_letter(const rca_workspace *workspace, uint64_t id, rca_text **letter);
/* Its bytes as they came, but for secrets; RCA_END when they were too many to keep. */
rca_status rca_letter_raw(const rca_workspace *workspace, uint64_t id, rca_text **bytes);
rca_status rca_letter_counts(const rca_workspace *workspace, rca_text **counts);
/* Reads letters again, as what they were or as `format` (or none); those that can be read leave the queue. */
rca_status rca_replay_letters(const rca_workspace *workspace, rca_str filter, rca_str format, const rca_watch *watch,
                              rca_text **done);
/* Those whose time has come; to be called now and then. */
rca_status rca_replay_due_letters(const rca_workspace *workspace, const rca_watch *watch, rca_text **done);
/* `ids`: a JSON array of numbers; `count`: how many were there. */
rca_status rca_discard_letters(const rca_workspace *workspace, rca_str ids, uint64_t *count);
/* Lets go of those that are too old or too many. */
rca_status rca_expire_letters(const rca_workspace *workspace, uint64_t *count);

#ifdef __cplusplus
}
#endif

#endif
