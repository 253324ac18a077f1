/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include "manager/pyw_refusal.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/pyw_clock.h"
#include "manager/pyw_group_log.h"
#include "wire/pyw_message.h"

enum { STATUS = 503, AT_ONCE = 64 };

static void refuse(int fd)
{
    unsigned char frame[PYW_FRAME_HEADER_SIZE + PYW_MESSAGE_ERROR_SIZE];
    const pyw_frame_header header = {PYW_FRAME_ERROR, 0, PYW_MESSAGE_ERROR_SIZE};

    pyw_frame_header_encode(frame, &header);
    pyw_message_error_encode(frame + PYW_FRAME_HEADER_SIZE, STATUS);
    (void)!send(fd, frame, sizeof(frame), MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

/* Once for each pause, not for each request. */
static void say(pyw_worker_group *group)
{
    if (group->refusal_at == (group->is_stopped ? INT64_MAX : group->start_at)) {
        return;
    }
    if (group->is_stopped) {
        group->refusal_at = INT64_MAX;
        pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0353) "group '%s' was stopped by a command: requests get 503",
                      group->options->name);
        return;
    }
    group->refusal_at = group->start_at;
    pyw_group_log(group, PYW_LOG_ERR,
                  PYWNO(0340) "group '%s' has no worker, the next one is started in %d s: requests get 503 until then",
                  group->options->name, (int)((group->start_at - pyw_clock_ms() + 999) / 1000));
}

void pyw_refusal_answer(pyw_worker_group *group)
{
    struct pollfd waiting = {group->listener, POLLIN, 0};
    int count = 0;

    while (count < AT_ONCE && poll(&waiting, 1, 0) > 0) {
        int fd = accept4(group->listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0) {
            break;
        }
        refuse(fd);
        count++;
    }
    if (count > 0) {
        say(group);
    }
}
