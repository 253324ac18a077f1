/* SPDX-License-Identifier: Apache-2.0 */
#include "shm/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shm/sequence.h"

enum { TAG_LENGTH = 7 };

/* Lines of a crash traceback are not kept: they would displace earlier errors, and the exit report follows them. */
#define TRACEBACK_TAG "PYW0366"

/* The tag in the text; NULL: there is none. *pid: the worker that the record names; unchanged if it names none. */
static const char *find_tag(const char *text, uint32_t *pid)
{
    static const char worker[] = "[worker ";
    char *end;

    if (strncmp(text, worker, sizeof(worker) - 1) == 0) {
        unsigned long number = strtoul(text + sizeof(worker) - 1, &end, 10);

        if (end[0] == ']' && end[1] == ' ') {
            text = end + 2;
            *pid = (uint32_t)number;
        }
    }
    return strncmp(text, "PYW", 3) == 0 && strspn(text + 3, "0123456789") == 4 && text[TAG_LENGTH] == ':' ? text : NULL;
}

int pyw_faults_is_one(pyw_log_level level, const char *text)
{
    uint32_t pid;
    const char *tag = level <= PYW_LOG_ERR ? find_tag(text, &pid) : NULL;

    return tag != NULL && strncmp(tag, TRACEBACK_TAG, TAG_LENGTH) != 0;
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fill_fault(pyw_fault *fault, const char *group, const char *id, const char *text)
{
    const char *tag = find_tag(text, &fault->pid);

    snprintf(fault->tag, sizeof(fault->tag), "%.*s", TAG_LENGTH, tag);
    snprintf(fault->group, sizeof(fault->group), "%s", group != NULL ? group : "");
    snprintf(fault->id, sizeof(fault->id), "%s", id != NULL ? id : "");
    text = tag + TAG_LENGTH + 1;
    text += *text == ' ';
    pyw_log_escape(fault->text, sizeof(fault->text), text, strlen(text));
}

/* httpd's children can write any number to `next`, so it is reduced before it is used as an index. */
void pyw_faults_add(pyw_faults *faults, uint32_t pid, const char *group, const char *id, const char *text)
{
    uint32_t index = atomic_fetch_add_explicit(&faults->next, 1, memory_order_relaxed) % PYW_FAULTS;
    pyw_fault *fault = &faults->entries[index].fault;
    uint32_t begun = pyw_sequence_begin(&faults->entries[index].sequence);

    fault->at = now_us();
    fault->pid = pid;
    fill_fault(fault, group, id, text);
    pyw_sequence_end(&faults->entries[index].sequence, begun);
}

static void terminate(pyw_fault *fault)
{
    fault->tag[sizeof(fault->tag) - 1] = '\0';
    fault->group[sizeof(fault->group) - 1] = '\0';
    fault->id[sizeof(fault->id) - 1] = '\0';
    fault->text[sizeof(fault->text) - 1] = '\0';
}

int pyw_faults_read(const pyw_faults *faults, pyw_fault out[PYW_FAULTS])
{
    int count = 0;

    for (int i = 0; i < PYW_FAULTS; i++) {
        uint32_t before = pyw_sequence_look(&faults->entries[i].sequence);

        out[count] = faults->entries[i].fault;
        terminate(&out[count]);
        if (before != 0 && (before & 1) == 0 && pyw_sequence_is_unchanged(&faults->entries[i].sequence, before)) {
            count++;
        }
    }
    return count;
}
