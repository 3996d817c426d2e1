/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grants.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFUSE(...) facet_fail(error, FACET_ERR_USAGE, __VA_ARGS__)

/* ---- Paths */

/* PATH:ro|rw[:AS] behind "dir:" or "file:". */
struct wish {
    const char *text; /* all that was written, for messages */
    bool file, write;
    char *path;
    const char *as; /* NULL: not said */
};

static bool is_mode(const char *text) {
    return (strncmp(text, ":ro", 3) == 0 || strncmp(text, ":rw", 3) == 0) && (!text[3] || text[3] == ':');
}

static enum facet_status parse_wish(const char *text, struct wish *wish, struct facet_error *error) {
    *wish = (struct wish){.text = text, .file = *text == 'f'};
    const char *path = strchr(text, ':') + 1, *mode = strchr(path, ':');
    while (mode && !is_mode(mode))
        mode = strchr(mode + 1, ':');
    if (!mode)
        return REFUSE("--grant %s does not say whether it may be written to: add :ro or :rw behind the path", text);
    if (mode == path)
        return REFUSE("--grant %s names no path", text);
    if (mode[3] && mode[4] != '/')
        return REFUSE("--grant %s: the name that the program is to use, \"%s\", must be absolute", text, mode + 4);
    wish->write = mode[2] == 'w';
    wish->as = mode[3] ? mode + 4 : NULL;
    wish->path = text_format("%.*s", (int)(mode - path), path);
    return FACET_OK;
}

/* Without empty components and a slash at the end. NULL: it has "." or ".." in it. */
static char *tidy(const char *path) {
    char *to = text_grow(NULL, strlen(path) + 2, 1), *end = to;
    while (*path) {
        size_t length = strcspn(path, "/");
        if ((length == 1 && *path == '.') || (length == 2 && strncmp(path, "..", 2) == 0)) {
            free(to);
            return NULL;
        }
        if (length > 0) {
            *end++ = '/';
            memcpy(end, path, length);
            end += length;
        }
        path += length + (path[length] == '/');
    }
    if (end == to)
        *end++ = '/';
    *end = '\0';
    return to;
}

/* The real path of a file that may not exist yet: then of its folder, and its name. NULL and errno. */
static char *real_path(const char *path, bool may_be_missing) {
    char *real = realpath(path, NULL);
    if (real || errno != ENOENT || !may_be_missing)
        return real;
    const char *name = text_basename(path);
    char *folder = text_format("%.*s", (int)(name - path), path), *parent = NULL;
    struct stat link;
    if (*name && strcmp(name, "..") != 0 && strcmp(name, ".") != 0 && lstat(path, &link) != 0)
        parent = realpath(*folder ? folder : ".", NULL);
    if (parent)
        real = text_format("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);
    free(folder);
    free(parent);
    errno = ENOENT;
    return real;
}

/* ---- One grant */

static enum facet_status open_folder(const struct wish *wish, const char *path, int *fd, struct facet_error *error) {
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 && errno == EACCES)
        *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? FACET_OK : REFUSE("--grant %s: cannot open %s: %s", wish->text, path, strerror(errno));
}

static enum facet_status check_kind(const struct wish *wish, const char *real, struct facet_error *error) {
    struct stat status;
    if (stat(real, &status) != 0)
        return FACET_OK; /* opening it says what is wrong */
    if (wish->file && S_ISDIR(status.st_mode))
        return REFUSE("--grant %s: %s is a folder: use dir:", wish->text, wish->path);
    if (!wish->file && !S_ISDIR(status.st_mode))
        return REFUSE("--grant %s: %s is no folder: use file:", wish->text, wish->path);
    return FACET_OK;
}

static enum facet_status open_wish(const struct wish *wish, struct grant_file *file, struct facet_error *error) {
    file->write = wish->write;
    file->real = real_path(wish->path, wish->file && wish->write);
    if (!file->real)
        return REFUSE("--grant %s: cannot find %s: %s%s", wish->text, wish->path, strerror(errno),
                      errno == ENOENT && *wish->path == '~' ? "; ~ is not expanded here, use $HOME" : "");
    file->as = tidy(wish->as ? wish->as : file->real);
    if (!file->as)
        return REFUSE("--grant %s: the name that the program is to use has \".\" or \"..\" in it", wish->text);
    enum facet_status status = check_kind(wish, file->real, error);
    if (status != FACET_OK || !wish->file)
        return status != FACET_OK ? status : open_folder(wish, file->real, &file->fd, error);
    const char *name = text_basename(file->real);
    char *folder = text_format("%.*s", (int)(name - file->real), file->real);
    file->name = text_copy(name);
    status = open_folder(wish, folder, &file->fd, error);
    free(folder);
    return status;
}

static void drop_file(struct grant_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    free(file->name);
    free(file->real);
    free(file->as);
}

static enum facet_status check_unique(const struct grants *grants, const struct wish *wish,
                                      const struct grant_file *file, struct facet_error *error) {
    for (size_t i = 0; i < grants->file_count; i++)
        if (strcmp(grants->files[i].as, file->as) == 0)
            return REFUSE("--grant %s: the program's %s is granted already", wish->text, file->as);
    return FACET_OK;
}

static enum facet_status add_file(struct grants *grants, const char *text, struct facet_error *error) {
    struct wish wish;
    struct grant_file file = {.fd = -1};
    enum facet_status status = parse_wish(text, &wish, error);
    if (status != FACET_OK)
        return status;
    status = open_wish(&wish, &file, error);
    if (status == FACET_OK)
        status = check_unique(grants, &wish, &file, error);
    free(wish.path);
    if (status != FACET_OK) {
        drop_file(&file);
        return status;
    }
    grants->files = text_grow(grants->files, grants->file_count + 1, sizeof file);
    grants->files[grants->file_count++] = file;
    return FACET_OK;
}

static enum facet_status add_env(struct grants *grants, const char *text, struct facet_error *error) {
    const char *name = text + strlen("env:");
    size_t length = strcspn(name, "=");
    char *word = text_format("%.*s", (int)length, name);
    const char *value = name[length] ? name + length + 1 : getenv(word);
    enum facet_status status = FACET_OK;
    if (length == 0)
        status = REFUSE("--grant %s names no variable", text);
    else if (!value)
        status = REFUSE("--grant %s: the environment has no %s: give its value by env:%s=VALUE", text, word, word);
    for (size_t i = 0; i < grants->env_count && status == FACET_OK; i++)
        if (strncmp(grants->env[i], word, length) == 0 && grants->env[i][length] == '=')
            status = REFUSE("--grant %s: %s is granted already", text, word);
    if (status == FACET_OK) {
        grants->env = text_grow(grants->env, grants->env_count + 1, sizeof *grants->env);
        grants->env[grants->env_count++] = text_format("%s=%s", word, value);
    }
    free(word);
    return status;
}

#define PAGE 4096u

/* bank[:SIZE]: what the program and all that it draws may come to. */
static enum facet_status add_bank(struct grants *grants, const char *text, struct facet_error *error) {
    const char *size = text + strlen("bank");
    uint64_t bytes = 0;
    if (*size && (!text_size(size + 1, &bytes) || bytes < PAGE || bytes / PAGE > UINT32_MAX))
        return REFUSE("--grant %s: a size is wanted, at least 4K, as in bank:16M", text);
    grants->flags |= GRANT_BANK;
    grants->bank = (unsigned)(bytes / PAGE);
    return FACET_OK;
}

enum facet_status grants_add(struct grants *grants, const char *text, struct facet_error *error) {
    static const struct {
        const char *name;
        unsigned grant;
    } known[] = {{"stdin", GRANT_STDIN}, {"stdout", GRANT_STDOUT},   {"stderr", GRANT_STDERR},
                 {"range", GRANT_RANGE}, {"debug", GRANT_DEBUG},     {"schedule", GRANT_SCHEDULE},
                 {"time", GRANT_TIME},   {"console", GRANT_CONSOLE}, {"power", GRANT_POWER},
                 {"host", GRANT_HOST}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(text, known[i].name) == 0) {
            grants->flags |= known[i].grant;
            return FACET_OK;
        }
    if (strncmp(text, "dir:", 4) == 0 || strncmp(text, "file:", 5) == 0)
        return add_file(grants, text, error);
    if (strncmp(text, "env:", 4) == 0)
        return add_env(grants, text, error);
    if (strcmp(text, "bank") == 0 || strncmp(text, "bank:", 5) == 0)
        return add_bank(grants, text, error);
    return REFUSE("--grant knows stdin, stdout, stderr, time, dir:PATH:ro|rw[:AS], file:PATH:ro|rw[:AS], "
                  "env:NAME[=VALUE], bank[:SIZE], range, debug, schedule, console, power and host, not \"%s\"",
                  text);
}

void grants_free(struct grants *grants) {
    for (size_t i = 0; i < grants->file_count; i++)
        drop_file(&grants->files[i]);
    for (size_t i = 0; i < grants->env_count; i++)
        free(grants->env[i]);
    free(grants->files);
    free(grants->env);
}

/* ---- What others are told */

char *grants_seen(const struct grants *grants, const char *real) {
    const struct grant_file *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < grants->file_count; i++) {
        const struct grant_file *f = &grants->files[i];
        size_t length = strcmp(f->real, "/") == 0 ? 0 : strlen(f->real);
        if (!f->name && strncmp(real, f->real, length) == 0 && (real[length] == '/' || !real[length]) &&
            (!best || length > longest)) {
            best = f;
            longest = length;
        }
    }
    if (!best)
        return NULL;
    const char *rest = real + longest;
    while (*rest == '/')
        rest++;
    return text_format("%s%s%s", best->as, *rest && strcmp(best->as, "/") != 0 ? "/" : "", rest);
}

struct emu_grant *grants_for_machine(const struct grants *grants) {
    struct emu_grant *list = grants->file_count ? text_grow(NULL, grants->file_count, sizeof *list) : NULL;
    for (size_t i = 0; i < grants->file_count; i++)
        list[i] = (struct emu_grant){grants->files[i].fd, grants->files[i].name, grants->files[i].write};
    return list;
}

char *grants_mount(const struct grants *grants, size_t index) {
    const struct grant_file *f = &grants->files[index];
    return text_format("%zu:%s:%s:%s", GRANT_FIRST_FILE + index, f->name ? "file" : "dir", f->write ? "rw" : "ro",
                       f->as);
}
