/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/oom.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/os/proc.h"

enum { EXITING = 4 /* PF_EXITING of the kernel's sched.h, as /proc/<pid>/stat shows it */ };

static const char ROOT[] = "/sys/fs/cgroup";

/* The value of the line "oom_kill <number>"; -1: there is none. */
static int64_t read_counter(const char *path)
{
    static const char name[] = "oom_kill ";
    char text[1024];
    uint64_t value;

    if (path[0] == '\0' || pyw_proc_read(text, sizeof(text), path) == 0) {
        return -1;
    }
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, sizeof(name) - 1) == 0 && pyw_proc_number(line, 1, &value)) {
            return (int64_t)value;
        }
    }
    return -1;
}

/* Takes the cgroup from a line of /proc/<pid>/cgroup, "4:memory:/a/b" or "0::/a/b", if the line has this head. */
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

static int is_ending(pid_t pid)
{
    char text[1024];
    const char *fields;
    uint64_t flags;

    pyw_proc_read_pid(text, sizeof(text), pid, "stat");
    fields = pyw_proc_stat_fields(text);
    return fields == NULL || !pyw_proc_number(fields, 6, &flags) || (flags & EXITING) != 0;
}

/* Version 1 moves a process that ends to the root cgroup, so the cgroup that was seen before remains. */
void pyw_oom_look(pyw_oom *oom, pid_t pid)
{
    char text[4096], file[PYW_OOM_PATH];
    int64_t now;

    if (pyw_proc_read_pid(text, sizeof(text), pid, "cgroup") == 0 || is_ending(pid)) {
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
