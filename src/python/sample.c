/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include "python/sample.h"

#include <stdatomic.h>
#include <string.h>

#include "base/folded_stacks.h"
#include "python/process/interpreter.h"

typedef struct visitor {
    void (*visit)(void *baton, unsigned long thread, const char *stack, size_t length);
    void *baton;
    pyw_buffer stack; /* keeps its memory for the next thread */
} visitor;

/* Returns: borrowed from the object. */
static const char *utf8_of(PyObject *object, size_t *length)
{
    Py_ssize_t size = 1;
    const char *text = PyUnicode_AsUTF8AndSize(object, &size);

    if (text == NULL) {
        PyErr_Clear();
        text = "?";
        size = 1;
    }
    *length = (size_t)size;
    return text;
}

static void append_frame(pyw_buffer *out, PyFrameObject *frame)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    size_t name_length, file_length;
    const char *name = utf8_of(PYW_CODE_NAME(code), &name_length);
    const char *file = utf8_of(code->co_filename, &file_length);

    pyw_folded_append_call(out, name, name_length, file, file_length, PyFrame_GetLineNumber(frame));
    Py_DECREF(code);
}

/* `frames`: the innermost first. Releases them. */
static void visit_stack(visitor *to, unsigned long thread, PyFrameObject **frames, int count, int is_cut)
{
    pyw_buffer_reset(&to->stack, PYW_FOLDED_STACK_MAX);
    if (is_cut) {
        pyw_buffer_append(&to->stack, "...;", 4);
    }
    while (count > 0) {
        append_frame(&to->stack, frames[--count]);
        pyw_buffer_append(&to->stack, ";", count > 0);
        Py_DECREF(frames[count]);
    }
    if (!to->stack.failed) {
        to->visit(to->baton, thread, to->stack.data, to->stack.length);
    }
}

/*
 * A thread makes its state without the GIL. CPython 3.11 puts the state into the list before it initialises it, and
 * PyThreadState_GetFrame() follows `cframe`.
 */
static int is_initialised(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030c0000
    return atomic_load_explicit((_PyCFrame * _Atomic *)(void *)&thread->cframe, memory_order_relaxed) != NULL;
#else
    (void)thread;
    return 1;
#endif
}

static void visit_thread(visitor *to, PyThreadState *thread)
{
    PyFrameObject *frames[PYW_FOLDED_FRAMES_MAX];
    PyFrameObject *frame = is_initialised(thread) ? PyThreadState_GetFrame(thread) : NULL;
    int count = 0;

    while (frame != NULL && count < PYW_FOLDED_FRAMES_MAX) {
        frames[count++] = frame;
        frame = PyFrame_GetBack(frame);
    }
    if (count > 0) {
        visit_stack(to, thread->thread_id, frames, count, frame != NULL);
    }
    Py_XDECREF(frame);
}

/* As sys._current_frames does, the current thread reads the frames of the threads of all interpreters. */
static void visit_interpreter(void *baton, PyInterpreterState *interpreter)
{
    PyThreadState *thread = PyInterpreterState_ThreadHead(interpreter);

    for (; thread != NULL; thread = PyThreadState_Next(thread)) {
        visit_thread(baton, thread);
    }
}

/*
 * From 3.11 on the frame objects are created here. That must not start a garbage collection, which would run code of
 * the application on this thread.
 */
void pyw_sample_stacks(void (*visit)(void *baton, unsigned long thread, const char *stack, size_t length), void *baton)
{
    visitor to = {visit, baton, {0}};
    int collects;

    pyw_interpreter_stay_nameless();
    if (pyw_interpreter_enter_main() != PYW_OK) {
        return;
    }
    collects = pyw_gc_pause();
    pyw_interpreter_each_state(visit_interpreter, &to);
    pyw_gc_resume(collects);
    pyw_interpreter_leave();
    pyw_buffer_free(&to.stack);
}
