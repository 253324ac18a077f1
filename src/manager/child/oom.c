/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/oom.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXITING = 4 /* PF_EXITING of the kernel's sched.h, as /proc/<pid>/stat shows it */ };

static const char ROOT[] = "/sys/fs/cgroup";

static size_t read_text(char *out, size_t size, const char *path)
{
    FILE *file = fopen(path, "re");
    size_t length = 0;

    if (file != NULL) {
        length = fread(out, 1, size - 1, file);
        fclose(file);
    }
    out[length] = '\0';
    return length;
}

/* The value of the line "oom_kill <number>"; -1: there is none. */
static int64_t read_counter(const char *path)
{
    static const char name[] = "oom_kill ";
    char text[1024];
    int64_t value;

    if (path[0] == '\0' || read_text(text, sizeof(text), path) == 0) {
        return -1;
    }
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, sizeof(name) - 1) == 0 && sscanf(line + sizeof(name) - 1, "%" SCNd64, &value) == 1) {
            return value;
        }
    }
    return -1;
}

/* The cgroup in a line of /proc/<pid>/cgroup, "4:memory:/a/b" or "0::/a/b", if the line has this head. */
static int join(char *file, const char *root, const char *line, const char *head, const char *name)
{
    const char *controllers = strchr(line, ':');
    size_t length = strcspn(line, "\n");
    const char *path;
    int written;

    if (controllers == NULL || strncmp(controllers, head, strlen(head)) != 0) {
        return 0;
    }
    path = controllers + strlen(head);
    written = snprintf(file, PYW_OOM_PATH, "%s%.*s/%s", root, (int)(length - (size_t)(path - line)), path, name);
    return written > 0 && written < PYW_OOM_PATH && access(file, R_OK) == 0;
}

int pyw_oom_find(char *file, const char *root, const char *text)
{
    char memory[PYW_OOM_PATH];

    snprintf(memory, sizeof(memory), "%s/memory", root);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "0:", 2) == 0 && join(file, root, line, "::", "memory.events")) {
            return 1;
        }
    }
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (join(file, memory, line, ":memory:", "memory.oom_control")) {
            return 1;
        }
    }
    file[0] = '\0';
    return 0;
}

/* The name of the program is in the process's hands, and may hold blanks and brackets. */
static int is_ending(pid_t pid)
{
    char path[64], text[1024];
    const char *rest;
    unsigned flags;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    read_text(text, sizeof(text), path);
    rest = strrchr(text, ')');
    return rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1 || (flags & EXITING) != 0;
}

/* Of one that ends, version 1 says that it is in the root's cgroup: what was seen before is what counts. */
void pyw_oom_look(pyw_oom *oom, pid_t pid)
{
    char path[64], text[4096], file[PYW_OOM_PATH];
    int64_t now;

    snprintf(path, sizeof(path), "/proc/%ld/cgroup", (long)pid);
    if (read_text(text, sizeof(text), path) == 0 || is_ending(pid)) {
        return;
    }
    pyw_oom_find(file, ROOT, text);
    now = read_counter(file);
    if (strcmp(file, oom->file) != 0) {
        snprintf(oom->file, sizeof(oom->file), "%s", file);
        oom->last = now;
    }
    oom->before = oom->last;
    oom->last = now;
}

int64_t pyw_oom_kills(const pyw_oom *oom)
{
    int64_t now = read_counter(oom->file);

    return now >= 0 && oom->before >= 0 && now > oom->before ? now - oom->before : 0;
}

void pyw_oom_take(pyw_oom *oom, const char *file)
{
    if (strcmp(oom->file, file) == 0) {
        oom->before++;
        oom->last += oom->last < oom->before;
    }
}
