/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *path, *directory; /* as asked for */
    struct source_file *file;     /* NULL: was not found */
} * known;
static size_t known_count;

static char **directories;
static size_t directory_count;

static struct { char *from, *to; } * substitutes;
static size_t substitute_count;

/* ---- Reading */

static char *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    *size = 0;
    if (!file)
        return NULL;
    for (size_t got = 1; got; *size += got) {
        text = text_grow(text, *size + 65537, 1);
        got = fread(text + *size, 1, 65536, file);
    }
    bool bad = ferror(file);
    fclose(file);
    text[*size] = 0;
    if (!bad)
        return text;
    free(text);
    return NULL;
}

static struct source_file *load(const char *path) {
    size_t size;
    char *text = read_all(path, &size), *line = text;
    if (!text)
        return NULL;
    struct source_file *file = text_grow(NULL, 1, sizeof *file);
    *file = (struct source_file){.path = text_copy(path), .text = text};
    while (line && *line) {
        if (file->count % 256 == 0)
            file->line = text_grow(file->line, (size_t)file->count + 256, sizeof *file->line);
        file->line[file->count++] = line;
        line = strchr(line, '\n');
        if (line)
            *line++ = 0;
    }
    return file;
}

/* ---- Finding */

static struct source_file *load_in(const char *directory, const char *path) {
    char *whole = *directory ? text_format("%s/%s", directory, path) : text_copy(path);
    struct source_file *file = load(whole);
    free(whole);
    return file;
}

/* The path after the first substitution that fits; the caller frees it. */
static char *substituted(const char *path) {
    for (size_t i = 0; i < substitute_count; i++) {
        size_t length = strlen(substitutes[i].from);
        if (!strncmp(path, substitutes[i].from, length) && (path[length] == '/' || !path[length]))
            return text_format("%s%s", substitutes[i].to, path + length);
    }
    return text_copy(path);
}

static struct source_file *search(const char *recorded, const char *recorded_directory) {
    char *path = substituted(recorded), *directory = substituted(recorded_directory);
    struct source_file *file = NULL;
    for (size_t i = 0; !file && i < directory_count; i++) {
        file = *path == '/' ? NULL : load_in(directories[i], path);
        if (!file)
            file = load_in(directories[i], text_basename(path));
    }
    if (!file)
        file = *path == '/' ? load(path) : load_in(directory, path);
    if (!file && *path != '/')
        file = load(path);
    if (!file)
        file = load(text_basename(path));
    free(path);
    free(directory);
    return file;
}

const struct source_file *source_find(const char *path, const char *directory) {
    for (size_t i = 0; i < known_count; i++)
        if (!strcmp(known[i].path, path) && !strcmp(known[i].directory, directory))
            return known[i].file;
    known = text_grow(known, known_count + 1, sizeof *known);
    known[known_count].path = text_copy(path);
    known[known_count].directory = text_copy(directory);
    known[known_count].file = search(path, directory);
    return known[known_count++].file;
}

void source_forget(void) {
    for (size_t i = 0; i < known_count; i++) {
        struct source_file *file = known[i].file;
        free((char *)known[i].path);
        free((char *)known[i].directory);
        if (file) {
            free(file->path);
            free(file->text);
            free(file->line);
            free(file);
        }
    }
    free(known);
    known = NULL;
    known_count = 0;
}

/* ---- Where to look */

void source_add_directory(const char *directory) {
    source_forget();
    directories = text_grow(directories, directory_count + 1, sizeof *directories);
    memmove(directories + 1, directories, directory_count++ * sizeof *directories);
    directories[0] = text_copy(directory);
}

void source_reset_directories(void) {
    source_forget();
    while (directory_count)
        free(directories[--directory_count]);
}

const char *source_directory(size_t index) {
    return index < directory_count ? directories[index] : NULL;
}

void source_substitute(const char *from, const char *to) {
    source_forget();
    substitutes = text_grow(substitutes, substitute_count + 1, sizeof *substitutes);
    substitutes[substitute_count].from = text_copy(from);
    substitutes[substitute_count++].to = text_copy(to);
}
