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
#include "wire/message.h"
#include "worker/forked.h"

/* The manager sends the frame immediately. */
enum { HERITAGE_TIMEOUT_MS = 10000 };

#define SETTINGS_PREFIX "settings."

static const char *restore(pyw_settings *settings, pyw_group_options *options, apr_pool_t *pool, const char *name,
                           const char *value)
{
    size_t prefix = strlen(SETTINGS_PREFIX);

    if (strncmp(name, SETTINGS_PREFIX, prefix) == 0) {
        return pyw_settings_restore(settings, pool, name + prefix, value);
    }
    return pyw_options_restore(options, pool, name, value);
}

static pyw_result restore_all(pyw_inheritance *inheritance, apr_pool_t *pool, const pyw_pairs *pairs,
                              pyw_problem *problem)
{
    pyw_group_options *options = pyw_options_create(pool, "");

    inheritance->options = &options->worker;
    for (uint32_t i = 0; i < pairs->count; i++) {
        const pyw_pair *pair = &pairs->items[i];
        const char *error =
            restore(&inheritance->settings, options, pool, apr_pstrmemdup(pool, pair->name, pair->name_length),
                    apr_pstrmemdup(pool, pair->value, pair->value_length));

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
    pyw_pairs pairs = {0};
    pyw_result result = pyw_channel_read(channel, &frame, HERITAGE_TIMEOUT_MS);

    close_on_exec();
    release_board(inheritance);
    if (result != PYW_OK || frame.type != PYW_FRAME_HERITAGE) {
        return pyw_problem_set(problem, "no HERITAGE from the manager (%s)", pyw_result_name(result));
    }
    result = pyw_message_pairs_decode(&pairs, frame.payload, frame.length);
    if (result == PYW_OK) {
        result = restore_all(inheritance, pool, &pairs, problem);
    }
    else {
        pyw_problem_set(problem, "the HERITAGE frame is malformed");
    }
    pyw_pairs_free(&pairs);
    if (result == PYW_OK) {
        inheritance->slots = is_template ? 0 : inheritance->options->threads;
        map_board(inheritance);
    }
    return result;
}

void pyw_inherit_options(pyw_inheritance *inheritance, const pyw_frame *frame)
{
    pyw_group_options *changed;
    pyw_pairs pairs = {0};
    apr_pool_t *pool;

    if (pyw_message_pairs_decode(&pairs, frame->payload, frame->length) != PYW_OK) {
        return;
    }
    apr_pool_create(&pool, NULL);
    changed = pyw_options_create(pool, "");
    for (uint32_t i = 0; i < pairs.count; i++) {
        const pyw_pair *pair = &pairs.items[i];

        (void)pyw_options_restore(changed, pool, apr_pstrmemdup(pool, pair->name, pair->name_length),
                                  apr_pstrmemdup(pool, pair->value, pair->value_length));
    }
    pyw_options_use_live(inheritance->options, &changed->worker);
    apr_pool_destroy(pool);
    pyw_pairs_free(&pairs);
}
