/*
 * Asks which change broke a system, and prints the answer.
 *
 *     incident FOLDER [WORDS]
 *
 * FOLDER holds exported files in any format and git repositories; WORDS is what people saw. See README.md for building it.
 */
#include <stdio.h>

#include <rca.h>

/* Says why the last call failed. */
static int failure(const char *what) {
    rca_error error = rca_last_error();
    fprintf(stderr, "%s: %.*s\n", what, (int)error.message.length, error.message.data);
    return 1;
}

/* One line of progress for each look up. */
static int tell(void *user_data, const rca_progress *progress) {
    unsigned long *looks = (unsigned long *)user_data;
    *looks += 1;
    fprintf(stderr, "\rread %llu records of %.*s\033[K", (unsigned long long)progress->records,
            (int)progress->input.length, progress->input.data);
    return 0; /* anything else would stop it */
}

/* Text as a JSON string. */
static void quote(char *out, size_t size, const char *text) {
    size_t at = 0;
    out[at++] = '"';
    for (; *text != '\0' && at + 8 < size; text++) {
        if (*text == '"' || *text == '\\') out[at++] = '\\';
        if ((unsigned char)*text < 0x20) {
            at += (size_t)snprintf(out + at, size - at, "\\u%04x", (unsigned)*text);
        } else {
            out[at++] = *text;
        }
    }
    out[at++] = '"';
    out[at] = '\0';
}

int main(int argc, char **argv) {
    char folder[8192];
    char words[8192] = "null";
    char inquiry[20000];
    unsigned long looks = 0;
    rca_watch watch = {tell, &looks, NULL};
    rca_answer *answer = NULL;
    rca_text *analysis = NULL;
    rca_text *report = NULL;

    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER [WORDS]\n", argv[0]);
        return 2;
    }
    if (rca_abi_version() != RCA_ABI_VERSION) {
        fprintf(stderr, "this program was built for another version of librca\n");
        return 1;
    }
    quote(folder, sizeof folder, argv[1]);
    if (argc > 2) quote(words, sizeof words, argv[2]);
    snprintf(inquiry, sizeof inquiry, "{\"paths\": [%s], \"alert\": %s}", folder, words);

    if (rca_ask(rca_s(inquiry), NULL, NULL, &watch, &answer) != RCA_OK) return failure("ask");
    fprintf(stderr, "\r\033[K");
    if (rca_answer_analysis(answer, &analysis) != RCA_OK) return failure("analysis");
    if (rca_render(rca_bytes(rca_text_data(analysis), rca_text_length(analysis)), RCA_S("text"), 100, &report) != RCA_OK) {
        return failure("report");
    }
    printf("%s", rca_text_data(report));

    rca_text_free(report);
    rca_text_free(analysis);
    rca_answer_free(answer);
    return 0;
}
