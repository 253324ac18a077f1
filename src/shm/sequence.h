/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_SEQUENCE_H
#define PYW_SHM_SEQUENCE_H

/*
 * A sequence number that protects data in shared memory with one writer and any number of readers, without a lock. It
 * is odd during a write, and stays odd if the writer died in the middle, until the next write.
 */

#include <stdatomic.h>
#include <stdint.h>

/* A write takes less than a microsecond, unless the writer is preempted. */
enum { PYW_SEQUENCE_ATTEMPTS = 1000 };

/* The writer: begins a write. Returns the number for pyw_sequence_end. */
static inline uint32_t pyw_sequence_begin(_Atomic uint32_t *sequence)
{
    uint32_t odd = atomic_load_explicit(sequence, memory_order_relaxed) | 1;

    atomic_store_explicit(sequence, odd, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    return odd;
}

static inline void pyw_sequence_end(_Atomic uint32_t *sequence, uint32_t begun)
{
    atomic_store_explicit(sequence, begun + 1, memory_order_release);
}

/* A reader calls this before it copies the data. An odd number: a write is in progress. */
static inline uint32_t pyw_sequence_look(const _Atomic uint32_t *sequence)
{
    return atomic_load_explicit(sequence, memory_order_acquire);
}

/* A reader, after it has copied the data: has no write begun since `before`? */
static inline int pyw_sequence_is_unchanged(const _Atomic uint32_t *sequence, uint32_t before)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(sequence, memory_order_relaxed) == before;
}

#endif
