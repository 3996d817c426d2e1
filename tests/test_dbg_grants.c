/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debugger/grants.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder with: file, sub/inner, link -> file, out -> sub. The test works in it. */
static char base[PATH_MAX];

static void touch(const char *name) {
    FILE *file = fopen(name, "w");
    cr_assert(file);
    fclose(file);
}

static void make_folder(void) {
    char name[] = "/tmp/facet-test-XXXXXX";
    cr_assert(mkdtemp(name) && realpath(name, base) && chdir(base) == 0);
    cr_assert(mkdir("sub", 0700) == 0 && symlink("file", "link") == 0 && symlink("sub", "out") == 0);
    touch("file");
    touch("sub/inner");
}

static void remove_folder(void) {
    cr_assert(unlink("file") == 0 && unlink("sub/inner") == 0 && unlink("link") == 0 && unlink("out") == 0);
    cr_assert(rmdir("sub") == 0 && chdir("/") == 0 && rmdir(base) == 0);
}

TestSuite(dbg_grants, .init = make_folder, .fini = remove_folder);

static void give(struct grants *grants, const char *text) {
    struct facet_error error = {""};
    cr_assert_eq(grants_add(grants, text, &error), FACET_OK, "%s: %s", text, error.text);
}

static void assert_mount(const struct grants *grants, size_t index, const char *before, const char *below) {
    char *mount = grants_mount(grants, index), want[PATH_MAX + 64];
    snprintf(want, sizeof want, "%s%s%s", before, below ? base : "", below ? below : "");
    cr_assert_str_eq(mount, want, "%s, not %s", mount, want);
    free(mount);
}

Test(dbg_grants, folders_and_files_have_their_real_path_unless_another_is_given) {
    struct grants grants = {0};
    give(&grants, "dir:sub:ro");
    give(&grants, "file:link:rw");
    give(&grants, "file:sub/new:rw");
    give(&grants, "dir:.:rw://data///x/");
    give(&grants, "dir:out:ro:/");
    assert_mount(&grants, 0, "3:dir:ro:", "/sub");
    assert_mount(&grants, 1, "4:file:rw:", "/file");
    assert_mount(&grants, 2, "5:file:rw:", "/sub/new");
    assert_mount(&grants, 3, "6:dir:rw:/data/x", NULL);
    assert_mount(&grants, 4, "7:dir:ro:/", NULL);
    struct emu_grant *list = grants_for_machine(&grants);
    cr_assert(!list[0].name && !list[0].write && list[1].write && strcmp(list[1].name, "file") == 0);
    cr_assert(strcmp(list[2].name, "new") == 0 && faccessat(list[2].fd, "inner", F_OK, 0) == 0);
    free(list);
    grants_free(&grants);
}

Test(dbg_grants, the_words_and_variables_are_taken) {
    struct grants grants = {0};
    setenv("FACET_TEST", "some=thing", 1);
    give(&grants, "time");
    give(&grants, "env:FACET_TEST");
    give(&grants, "env:OTHER=");
    cr_assert_eq(grants.flags, GRANT_TIME);
    cr_assert(grants.env_count == 2 && !strcmp(grants.env[0], "FACET_TEST=some=thing") &&
              !strcmp(grants.env[1], "OTHER="));
    grants_free(&grants);
}

Test(dbg_grants, what_is_wrong_is_said) {
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"dir:sub", "add :ro or :rw"},
        {"dir:sub:rx", "add :ro or :rw"},
        {"dir::ro", "names no path"},
        {"dir:sub:ro:here", "absolute"},
        {"dir:sub:ro:", "absolute"},
        {"dir:sub:ro:/a/../b", "\"..\""},
        {"dir:nosuch:ro", "No such file"},
        {"dir:file:ro", "use file:"},
        {"file:sub:rw", "use dir:"},
        {"file:nosuch:ro", "No such file"},
        {"file:no/such:rw", "No such file"},
        {"dir:~/x:ro", "~ is not expanded"},
        {"env:", "names no variable"},
        {"env:=x", "names no variable"},
        {"env:FACET_UNSET", "env:FACET_UNSET=VALUE"},
        {"dir::sub:ro", "No such file"},
        {"nonsense", "--grant knows stdin"},
        {"dir", "--grant knows stdin"},
        {"dir:out:rw:/twice", "is granted already"},
        {"env:TWICE=2", "TWICE is granted already"},
    };
    struct grants grants = {0};
    unsetenv("FACET_UNSET");
    give(&grants, "dir:sub:ro:/twice");
    give(&grants, "env:TWICE=1");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct facet_error error = {""};
        cr_assert_eq(grants_add(&grants, wrong[i].text, &error), FACET_ERR_USAGE, "%s is taken", wrong[i].text);
        cr_assert(strstr(error.text, wrong[i].why), "%s: \"%s\" does not say \"%s\"", wrong[i].text, error.text,
                  wrong[i].why);
    }
    cr_assert(grants.file_count == 1 && grants.env_count == 1);
    grants_free(&grants);
}

static void assert_seen(const struct grants *grants, const char *below, const char *as) {
    char *real, *seen;
    cr_assert(asprintf(&real, "%s%s", base, below) > 0);
    seen = grants_seen(grants, real);
    cr_assert(as ? seen && strcmp(seen, as) == 0 : !seen, "%s is %s", real, seen);
    free(real);
    free(seen);
}

Test(dbg_grants, a_host_path_is_found_in_the_innermost_folder) {
    struct grants grants = {0};
    assert_seen(&grants, "", NULL);
    give(&grants, "dir:.:ro:/all");
    assert_seen(&grants, "", "/all");
    assert_seen(&grants, "/sub/inner", "/all/sub/inner");
    assert_seen(&grants, "more", NULL);
    give(&grants, "dir:sub:ro:/");
    assert_seen(&grants, "/sub/inner", "/inner");
    assert_seen(&grants, "/sub", "/");
    assert_seen(&grants, "/subway", "/all/subway");
    grants_free(&grants);
}
