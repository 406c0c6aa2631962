/* What the C tests share: checks, documents, a text that grows. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rca.h"

static int passed = 0;
static int failed = 0;

static inline void check_(int ok, const char *what, const char *file, int line) {
    if (ok) {
        passed++;
        return;
    }
    failed++;
    rca_error error = rca_last_error();
    printf("FAILED: %s:%d: %s (last error: %.*s)\n", file, line, what, (int)error.message.length,
           error.message.length ? error.message.data : "");
}

#define CHECK(condition) check_((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define OK(call) CHECK((call) == RCA_OK)

/* The last line of a test program. */
static inline int finish(void) {
    CHECK(rca_handle_count() == 0);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

static inline rca_str view(const rca_text *text) {
    return rca_bytes(rca_text_data(text), rca_text_length(text));
}

static inline int is(rca_str text, const char *expected) {
    return text.length == strlen(expected) && (text.length == 0 || memcmp(text.data, expected, text.length) == 0);
}

static inline int holds(rca_str text, const char *part) {
    size_t length = strlen(part);
    for (size_t i = 0; i + length <= text.length; i++) {
        if (memcmp(text.data + i, part, length) == 0) return 1;
    }
    return 0;
}

/* ---- Documents: just enough JSON to look into what the library wrote. ---- */

static inline const char *past_space(const char *at) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
    return at;
}

/* Behind the value that begins here. */
static inline const char *past(const char *at) {
    int depth = 0;
    at = past_space(at);
    do {
        if (*at == '"') {
            for (at++; *at != '"' && *at != '\0'; at++) {
                if (*at == '\\') at++;
            }
            at++;
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth == 0) {
            while (*at != '\0' && strchr(",]} \n", *at) == NULL) at++;
        } else if (*at != '\0') {
            at++;
        }
    } while (depth > 0 && *at != '\0');
    return at;
}

/* A member of an object, as JSON; none when there is none. */
static inline rca_str member(rca_str json, const char *name) {
    size_t length = strlen(name);
    const char *at = json.data;
    if (at == NULL) return RCA_NONE;
    at = past_space(at) + 1;
    for (at = past_space(at); *at == '"'; at = past_space(at)) {
        const char *end = past(at);
        int found = (size_t)(end - at) == length + 2 && memcmp(at + 1, name, length) == 0;
        at = past_space(past_space(end) + 1);
        end = past(at);
        if (found) return rca_bytes(at, (size_t)(end - at));
        at = past_space(end);
        if (*at == ',') at++;
    }
    return RCA_NONE;
}

/* The nth element of an array, as JSON; none behind the last. */
static inline rca_str element(rca_str json, size_t n) {
    const char *at = json.data;
    if (at == NULL) return RCA_NONE;
    at = past_space(past_space(at) + 1);
    while (*at != ']' && *at != '\0') {
        const char *end = past(at);
        if (n-- == 0) return rca_bytes(at, (size_t)(end - at));
        at = past_space(end);
        if (*at == ',') at = past_space(at + 1);
    }
    return RCA_NONE;
}

static inline size_t count(rca_str json) {
    size_t n = 0;
    while (element(json, n).data != NULL) n++;
    return n;
}

/* The text between the quotes of a JSON string that needs no unescaping, as ids and words. */
static inline rca_str word(rca_str json) {
    return json.length < 2 ? RCA_NONE : rca_bytes(json.data + 1, json.length - 2);
}

/* A whole number; texts need not end in NUL. */
static inline unsigned long number(rca_str json) {
    unsigned long value = 0;
    for (size_t i = 0; i < json.length && json.data[i] >= '0' && json.data[i] <= '9'; i++) {
        value = value * 10 + (unsigned long)(json.data[i] - '0');
    }
    return value;
}

/* ---- A text that grows. ---- */

typedef struct growing {
    char *data;
    size_t length;
    size_t room;
} growing;

static inline void add(growing *text, rca_str more) {
    if (text->length + more.length + 1 > text->room) {
        text->room = 2 * (text->length + more.length + 1);
        text->data = (char *)realloc(text->data, text->room);
        if (text->data == NULL) abort();
    }
    if (more.length > 0) memcpy(text->data + text->length, more.data, more.length);
    text->length += more.length;
    text->data[text->length] = '\0';
}

static inline void add_s(growing *text, const char *more) {
    add(text, rca_s(more));
}

static inline void add_n(growing *text, unsigned long n) {
    char digits[24];
    snprintf(digits, sizeof digits, "%lu", n);
    add_s(text, digits);
}

/* A text as a JSON string. */
static inline void add_quoted(growing *text, rca_str more) {
    add_s(text, "\"");
    for (size_t i = 0; i < more.length; i++) {
        char c = more.data[i];
        switch (c) {
            case '"': add_s(text, "\\\""); break;
            case '\\': add_s(text, "\\\\"); break;
            case '\n': add_s(text, "\\n"); break;
            case '\t': add_s(text, "\\t"); break;
            default: add(text, rca_bytes(&c, 1));
        }
    }
    add_s(text, "\"");
}

static inline rca_str grown(const growing *text) {
    return rca_bytes(text->data, text->length);
}

static inline void clear(growing *text) {
    text->length = 0;
}

static inline void forget(growing *text) {
    free(text->data);
    memset(text, 0, sizeof *text);
}

static inline growing read_file(const char *path) {
    growing text = {NULL, 0, 0};
    char buffer[65536];
    size_t length;
    FILE *file = fopen(path, "rb");
    add_s(&text, "");
    if (file == NULL) {
        printf("FAILED: can't read %s\n", path);
        failed++;
        return text;
    }
    while ((length = fread(buffer, 1, sizeof buffer, file)) > 0) add(&text, rca_bytes(buffer, length));
    fclose(file);
    return text;
}

#endif
