/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_REFUSAL_H
#define PYW_REFUSAL_H

/* While a group has no worker and waits before it tries again, the manager answers its requests: 503. */

#include "manager/pyw_worker_group.h"

/* Answers the connections that wait on the group's socket. Nothing of them is read. Does not block. */
void pyw_refusal_answer(pyw_worker_group *group);

#endif
