/* One incident from a folder of files to the ranked cause, misuse, threads. Closes with "N passed, N failed". */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rca.h"

static int passed = 0;
static int failed = 0;

static void check(int ok, const char *what) {
    if (ok) {
        passed++;
    } else {
        failed++;
        printf("FAILED: %s (last error: %s)\n", what, rca_last_error());
    }
}

/* The value of "root_cause_commit" in the recording's truth.json. */
static void read_truth(const char *folder, char *out, size_t size) {
    char path[4096];
    char text[65536];
    snprintf(path, sizeof path, "%s/truth.json", folder);
    FILE *file = fopen(path, "r");
    out[0] = '\0';
    if (file == NULL) return;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *at = strstr(text, "\"root_cause_commit\"");
    if (at == NULL) return;
    at = strchr(at + strlen("\"root_cause_commit\""), '"');
    const char *end = at == NULL ? NULL : strchr(at + 1, '"');
    if (end == NULL || (size_t)(end - at - 1) >= size) return;
    memcpy(out, at + 1, (size_t)(end - at - 1));
    out[end - at - 1] = '\0';
}

static void story(const char *incident, const char *folder) {
    char guilty[64];
    read_truth(incident, guilty, sizeof guilty);
    check(strlen(guilty) == 40, "the truth names a commit");

    rca_workspace *workspace = NULL;
    check(rca_workspace_open(folder, &workspace) == RCA_OK, "open a folder");

    rca_workspace *second = NULL;
    check(rca_workspace_open(folder, &second) == RCA_BUSY, "a second handle on the folder is busy");
    check(second == NULL, "nothing is handed out on an error");
    check(strstr(rca_last_error(), folder) != NULL, "the error names the folder");

    char *id = NULL;
    check(rca_ingest_bundle(workspace, incident, &id) == RCA_OK, "ingest the bundle");
    char *causes = NULL;
    check(rca_causes(workspace, id, 1, &causes) == RCA_OK, "causes");
    check(causes != NULL && strstr(causes, guilty) != NULL, "the first cause is the guilty commit");
    rca_string_free(causes);

    char *again = NULL;
    check(rca_analyze(workspace, id, &again) == RCA_OK, "analyse again");
    check(again != NULL && again[0] == '{', "the answer is a JSON object");
    rca_string_free(again);
    rca_string_free(id);
    rca_workspace_close(workspace);

    check(rca_workspace_open(folder, &workspace) == RCA_OK, "closing frees the folder");
    rca_workspace_close(workspace);
}

static void misuse(void) {
    rca_workspace *workspace = NULL;
    char *out = NULL;
    check(rca_workspace_open(NULL, NULL) == RCA_INVALID_INPUT, "nowhere to write the handle");
    check(rca_workspace_open(NULL, &workspace) == RCA_OK, "in memory");
    check(strlen(rca_last_error()) == 0, "success clears the error");
    check(rca_causes(workspace, "nonsense", 1, &out) == RCA_INVALID_INPUT && out == NULL, "not an id");
    check(rca_causes(workspace, "01900000-0000-7000-8000-000000000000", 1, &out) == RCA_NOT_FOUND, "no such id");
    check(rca_causes(NULL, "x", 1, &out) == RCA_INVALID_INPUT, "no workspace");
    check(rca_ingest_bundle(workspace, NULL, &out) == RCA_INVALID_INPUT, "no folder");
    check(rca_ingest_bundle(workspace, "/does/not/exist", &out) == RCA_NOT_FOUND, "missing folder");
    check(strstr(rca_last_error(), "/does/not/exist") != NULL, "the error names what is missing");
    check(rca_analyze_bundle("\xff\xfe", &out) == RCA_INVALID_INPUT, "not UTF-8");
    rca_string_free(NULL);
    rca_workspace_close(NULL);
    rca_workspace_close(workspace);
}

static const char *shared_incident;

static void *analyse_in_thread(void *unused) {
    (void)unused;
    char *json = NULL;
    return rca_analyze_bundle(shared_incident, &json) == RCA_OK ? json : NULL;
}

static void threads(const char *incident) {
    pthread_t workers[4];
    char *answers[4];
    shared_incident = incident;
    for (int i = 0; i < 4; i++) pthread_create(&workers[i], NULL, analyse_in_thread, NULL);
    for (int i = 0; i < 4; i++) pthread_join(workers[i], (void **)&answers[i]);
    for (int i = 0; i < 4; i++) {
        check(answers[i] != NULL && strcmp(answers[i], answers[0]) == 0, "every thread gets the same bytes");
    }
    for (int i = 0; i < 4; i++) rca_string_free(answers[i]);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s INCIDENT_FOLDER NEW_WORKSPACE_FOLDER\n", argv[0]);
        return 2;
    }
    check(rca_abi_version() == RCA_ABI_VERSION, "header and library are of one version");
    story(argv[1], argv[2]);
    misuse();
    threads(argv[1]);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
