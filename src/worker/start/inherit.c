/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/start/inherit.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/options/options.h"
#include "config/options/use.h"
#include "wire/table.h"
#include "worker/forked.h"

/* The manager sends the frame immediately. */
enum { HERITAGE_TIMEOUT_MS = 10000 };

static pyw_result restore_all(pyw_inheritance *inheritance, apr_pool_t *pool, const apr_table_t *table,
                              pyw_problem *problem)
{
    const apr_array_header_t *elements = apr_table_elts(table);
    pyw_group_options *options = pyw_options_create(pool, "");

    inheritance->options = &options->worker;
    for (int i = 0; i < elements->nelts; i++) {
        const apr_table_entry_t *entry = &((const apr_table_entry_t *)(void *)elements->elts)[i];
        int is_setting = strncmp(entry->key, PYW_SETTINGS_PREFIX, sizeof(PYW_SETTINGS_PREFIX) - 1) == 0;
        const char *error = is_setting ? pyw_settings_restore(&inheritance->settings, pool, entry->key, entry->val)
                                       : pyw_options_restore(options, pool, entry->key, entry->val);

        if (error != NULL) {
            return pyw_problem_set(problem, "%s", error);
        }
    }
    inheritance->group = options->name;
    return PYW_OK;
}

static void release_board(pyw_inheritance *inheritance)
{
    if (inheritance->board != NULL) {
        munmap(inheritance->board, PYW_BOARD_SIZE(inheritance->slots));
        close(inheritance->board_fd);
        inheritance->board = NULL;
    }
}

static void map_board(pyw_inheritance *inheritance)
{
    size_t size = PYW_BOARD_SIZE(inheritance->slots);
    struct stat board;
    void *memory = MAP_FAILED;

    inheritance->board_fd = -1;
    if (fstat(PYW_HERITAGE_BOARD, &board) == 0 && (size_t)board.st_size >= PYW_BOARD_FILE_SIZE(inheritance->slots)) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, PYW_HERITAGE_BOARD, 0);
    }
    inheritance->board = memory == MAP_FAILED ? NULL : memory;
    if (inheritance->board != NULL) {
        inheritance->board_fd = fcntl(PYW_HERITAGE_BOARD, F_DUPFD_CLOEXEC, PYW_HERITAGE_FDS);
    }
    close(PYW_HERITAGE_BOARD);
    pyw_worker_forked_prepare_board(inheritance->board_fd);
}

/* Programs that the application starts do not inherit these descriptors. */
static void close_on_exec(void)
{
    for (int fd = PYW_HERITAGE_CHANNEL; fd < PYW_HERITAGE_FDS; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

pyw_result pyw_inherit(pyw_inheritance *inheritance, int is_template, apr_pool_t *pool, pyw_channel *channel,
                       pyw_problem *problem)
{
    pyw_frame frame;
    const apr_table_t *table;
    pyw_result result = pyw_channel_read(channel, &frame, HERITAGE_TIMEOUT_MS);

    close_on_exec();
    release_board(inheritance);
    if (result != PYW_OK || frame.type != PYW_FRAME_HERITAGE) {
        return pyw_problem_set(problem, "no HERITAGE from the manager (%s)", pyw_result_name(result));
    }
    table = pyw_table_decode(pool, frame.payload, frame.length);
    if (table == NULL) {
        return pyw_problem_set(problem, "the HERITAGE frame is malformed");
    }
    result = restore_all(inheritance, pool, table, problem);
    if (result == PYW_OK) {
        inheritance->slots = is_template ? 0 : inheritance->options->threads;
        map_board(inheritance);
    }
    return result;
}

void pyw_inherit_options(pyw_inheritance *inheritance, const pyw_frame *frame)
{
    pyw_group_options *changed;
    const apr_table_t *table;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    table = pyw_table_decode(pool, frame->payload, frame->length);
    if (table != NULL) {
        changed = pyw_options_create(pool, "");
        (void)pyw_options_restore_all(changed, pool, table);
        pyw_options_use_live(inheritance->options, &changed->worker);
    }
    apr_pool_destroy(pool);
}
