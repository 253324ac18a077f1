/* SPDX-License-Identifier: Apache-2.0 */
/* httpd/status/board: the requests in flight, in memory that processes share. */
#include "httpd/status/board.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

enum { CAPACITY = 3 };

static const pyw_board_description described = {"GET", "/path?query", "192.0.2.1", "id-1", 7};
static pyw_board *board;

static int make_board(void **state)
{
    board = mmap(NULL, pyw_board_size(CAPACITY), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED) {
        return -1;
    }
    pyw_board_init(board, CAPACITY);
    pyw_board_adopt(board); /* the thread forgets its entry of the test before */
    return 0;
}

static int drop_board(void **state)
{
    return munmap(board, pyw_board_size(CAPACITY));
}

/* The number of requests on the board; `request` and `place` are those of the last. */
static int shown(pyw_board_request *request, pyw_board_place *place, pyw_board_phase *phase)
{
    int count = 0;

    for (uint32_t i = 0; i < pyw_board_capacity(board); i++) {
        pyw_board_phase found = pyw_board_read(board, i, request, place);

        if (found != PYW_BOARD_IDLE) {
            *phase = found;
            count++;
        }
    }
    return count;
}

static int shown_count(void)
{
    pyw_board_request request;
    pyw_board_phase phase;
    pyw_board_place place;

    return shown(&request, &place, &phase);
}

static void test_a_request_is_shown_in_its_phase_until_it_ends(void **state)
{
    pyw_board_entry *own;
    pyw_board_request request;
    pyw_board_phase phase;
    pyw_board_place place;

    assert_int_equal(shown_count(), 0);
    own = pyw_board_begin(board, 1234, &described);
    assert_int_equal(shown(&request, &place, &phase), 1);
    assert_int_equal(phase, PYW_BOARD_BODY);
    assert_int_equal(place.worker, 0);
    assert_int_equal(request.arrival, 1234);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, "/path?query");
    assert_string_equal(request.client, "192.0.2.1");
    assert_string_equal(request.id, "id-1");
    assert_int_equal(request.series, 7);
    pyw_board_set(own, PYW_BOARD_APPLICATION);
    pyw_board_set_worker(own, 77);
    assert_int_equal(shown(&request, &place, &phase), 1);
    assert_int_equal(phase, PYW_BOARD_APPLICATION);
    assert_int_equal(place.worker, 77);
    assert_int_equal(place.child, getpid());
    assert_true(place.thread == (uint64_t)pthread_self());
    pyw_board_set(own, PYW_BOARD_IDLE);
    assert_int_equal(shown_count(), 0);
    assert_ptr_equal(pyw_board_begin(board, 1235, &described), own);
}

static void test_a_long_text_is_cut(void **state)
{
    char url[1000];
    const pyw_board_description longer = {"AMETHODOFMANYBYTES", url, url, url, 0};
    pyw_board_request request;
    pyw_board_phase phase;
    pyw_board_place place;

    memset(url, 'u', sizeof(url) - 1);
    url[sizeof(url) - 1] = '\0';
    pyw_board_begin(board, 1, &longer);
    assert_int_equal(shown(&request, &place, &phase), 1);
    assert_string_equal(request.method, "AMETHODOFMANYBY");
    assert_int_equal(strlen(request.url), sizeof(request.url) - 1);
    assert_int_equal(strlen(request.client), sizeof(request.client) - 1);
    assert_int_equal(strlen(request.id), sizeof(request.id) - 1);
}

static void *show_one(void *data)
{
    pyw_board_begin(board, 1, &described);
    *(int *)data = shown_count();
    return NULL;
}

static void test_an_entry_ends_with_its_thread(void **state)
{
    for (int i = 0; i < 2 * CAPACITY; i++) {
        pthread_t thread;
        int count = 0;

        assert_int_equal(pthread_create(&thread, NULL, show_one, &count), 0);
        pthread_join(thread, NULL);
        assert_int_equal(count, 1);
        assert_int_equal(shown_count(), 0);
    }
}

/* Fills the board from other processes, which then exit without freeing their entries. */
static void fill(void)
{
    for (int i = 0; i < CAPACITY; i++) {
        if (fork() == 0) {
            pyw_board_adopt(board);
            pyw_board_begin(board, 1, &described);
            _exit(0);
        }
        wait(NULL);
    }
}

static void test_a_dead_process_shows_nothing_and_its_entry_is_used_again(void **state)
{
    fill();
    assert_int_equal(shown_count(), 0);
    fill(); /* each new process frees the entries of dead ones */
    pyw_board_adopt(board);
    assert_non_null(pyw_board_begin(board, 1, &described));
}

static void test_without_a_free_entry_a_request_is_not_shown(void **state)
{
    int ends[2];
    pid_t others[CAPACITY];

    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < CAPACITY; i++) {
        others[i] = fork();
        if (others[i] == 0) {
            char byte;

            close(ends[1]);
            pyw_board_adopt(board);
            pyw_board_begin(board, 1, &described);
            _exit(read(ends[0], &byte, 1) != 0);
        }
    }
    while (shown_count() < CAPACITY) {
    }
    assert_null(pyw_board_begin(board, 1, &described));
    pyw_board_set(NULL, PYW_BOARD_QUEUED);
    pyw_board_set_worker(NULL, 1);
    close(ends[1]);
    for (int i = 0; i < CAPACITY; i++) {
        waitpid(others[i], NULL, 0);
    }
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_request_is_shown_in_its_phase_until_it_ends, make_board, drop_board),
        cmocka_unit_test_setup_teardown(test_a_long_text_is_cut, make_board, drop_board),
        cmocka_unit_test_setup_teardown(test_an_entry_ends_with_its_thread, make_board, drop_board),
        cmocka_unit_test_setup_teardown(test_a_dead_process_shows_nothing_and_its_entry_is_used_again, make_board,
                                        drop_board),
        cmocka_unit_test_setup_teardown(test_without_a_free_entry_a_request_is_not_shown, make_board, drop_board),
    };

    return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
