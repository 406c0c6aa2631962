/* rca.h - C interface of rca-core. C11 and C++17.
 *
 * Every call returns a status; RCA_OK is 0. After any other status rca_last_error() holds the reason for the
 * calling thread. Strings in are NUL-terminated UTF-8. Strings out are NUL-terminated UTF-8 and belong to the
 * caller: free them with rca_string_free. Documents are JSON. Handles may be used from many threads at once, but
 * must not be closed while another call runs on them. Freeing or closing NULL does nothing.
 */
#ifndef RCA_H
#define RCA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when a call changes in a way that old callers can't use. */
#define RCA_ABI_VERSION 1u

typedef enum rca_status {
    RCA_OK = 0,
    RCA_NOT_FOUND = 1,
    RCA_INVALID_INPUT = 2,
    RCA_CONFLICT = 3,
    RCA_DENIED = 4,
    RCA_BUSY = 5,
    RCA_CORRUPT = 6,
    RCA_CANCELLED = 7,
    RCA_INTERNAL = 8
} rca_status;

/* An open workspace. */
typedef struct rca_workspace rca_workspace;

/* The version of this interface that the library was built with; compare with RCA_ABI_VERSION. */
uint32_t rca_abi_version(void);

/* Why the last call of this thread failed; empty when it did not. Valid until the thread's next call. */
const char *rca_last_error(void);

/* Opens the workspace in a folder, or one in memory when path is NULL. */
rca_status rca_workspace_open(const char *path, rca_workspace **out);

/* Closes it and frees its folder. */
void rca_workspace_close(rca_workspace *workspace);

/* Reads a folder of exported files, stores its events, opens an investigation and analyses it.
 * *investigation becomes the investigation's id. */
rca_status rca_ingest_bundle(const rca_workspace *workspace, const char *folder, char **investigation);

/* Analyses an investigation again. *json becomes the whole answer. */
rca_status rca_analyze(const rca_workspace *workspace, const char *investigation, char **json);

/* The latest answer's most likely causes, at most limit. *json becomes a list. */
rca_status rca_causes(const rca_workspace *workspace, const char *investigation, size_t limit, char **json);

/* Analyses a folder of exported files without a workspace. *json becomes the whole answer. */
rca_status rca_analyze_bundle(const char *folder, char **json);

/* Frees a string that this library handed out. */
void rca_string_free(char *text);

#ifdef __cplusplus
}
#endif

#endif /* RCA_H */
