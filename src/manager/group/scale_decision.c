/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/scale_decision.h"

int pyw_scale_is_settled(const pyw_scale_numbers *numbers)
{
    return numbers->starting == 0 && numbers->ready >= numbers->wanted;
}

/* The next worker will be as large as the average of the present ones. */
static int fits(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers)
{
    uint64_t each = numbers->ready > 0 ? numbers->memory / (uint64_t)numbers->ready : 0;

    return limits->budget == 0 || numbers->memory + each <= limits->budget;
}

static int can_shrink(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers)
{
    return numbers->wanted > 1 && numbers->wanted > limits->least;
}

pyw_scale_decision pyw_scale_decide(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers)
{
    if (numbers->wanted == 0) {
        return numbers->waiting >= 0 ? PYW_SCALE_WAKE : PYW_SCALE_STAY;
    }
    if (!pyw_scale_is_settled(numbers)) {
        return PYW_SCALE_STAY;
    }
    if (can_shrink(limits, numbers) && limits->budget > 0 && numbers->memory > limits->budget) {
        return PYW_SCALE_SHRINK_MEMORY;
    }
    if (numbers->wanted < limits->most && numbers->waiting >= limits->after && numbers->settled >= limits->after) {
        return fits(limits, numbers) ? PYW_SCALE_GROW : PYW_SCALE_NO_MEMORY;
    }
    if (can_shrink(limits, numbers) && numbers->spare >= limits->idle) {
        return PYW_SCALE_SHRINK;
    }
    if (limits->least == 0 && numbers->wanted == 1 && numbers->busy == 0 && numbers->waiting < 0 &&
        numbers->quiet >= limits->sleep) {
        return PYW_SCALE_SLEEP;
    }
    return PYW_SCALE_STAY;
}

int pyw_scale_apply(pyw_scale_decision decision, int wanted)
{
    switch (decision) {
    case PYW_SCALE_GROW:
    case PYW_SCALE_WAKE:
        return wanted + 1;
    case PYW_SCALE_SHRINK:
    case PYW_SCALE_SHRINK_MEMORY:
    case PYW_SCALE_SLEEP:
        return wanted - 1;
    default:
        return wanted;
    }
}

int pyw_scale_again(const pyw_scale_limits *limits, int workers, uint64_t memory)
{
    uint64_t each = workers > 0 ? memory / (uint64_t)workers : 0;
    int many = workers < limits->most ? workers : limits->most;

    if (limits->budget > 0 && each > 0 && (uint64_t)many > limits->budget / each) {
        many = (int)(limits->budget / each);
    }
    if (workers > 0 && many == 0) {
        many = 1; /* the last one is kept, however large */
    }
    return many > limits->least ? many : limits->least;
}

int pyw_scale_is_spare(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers)
{
    return numbers->waiting < limits->after && numbers->busy < (numbers->wanted - 1) * limits->threads;
}
