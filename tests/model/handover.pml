/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manager hands a group over to the manager of another program (manager/handover), at the command of httpd's parent
 * (httpd/parent/parent). Either manager may die at any step. docs/internals/MODEL.md maps the steps to functions.
 */
mtype = {HANDOVER, COMPLETE, COMMIT, BOUND, TAKEN, RELEASE}

#define OLD 0
#define NEW 1
#define NEXT 2 /* the parent starts it when the current manager is dead */
#define NOBODY 3

chan control[2] = [2] of {mtype}; /* from the parent to a manager */
chan answer = [1] of {mtype};     /* from the new manager to the parent */
chan rows = [1] of {bit};         /* from the old manager to the new one */
chan orders = [2] of {mtype};     /* from the new manager to the old one */

bit killed[2];
bit has_exited;      /* the old manager, by itself */
bit has_control = 1; /* the old manager: httpd's parent sends its configurations here */
bit serves[4];       /* the manager's workers accept requests */
byte listed = NOBODY;

proctype Old()
{
    bit is_old, is_given, is_complete;

#ifdef BUG_DOES_NOT_WAIT
    is_complete = 1;
#endif
    serves[OLD] = 1;
    {
        do
        :: atomic { has_control && !is_given && (!is_old || empty(orders)) && serves[OLD] && listed != OLD ->
               listed = OLD } /* pyw_publish_write, after pyw_handover_read */
#ifdef BUG_WRITES_WHEN_GIVEN
        :: atomic { is_given && serves[OLD] && listed != OLD -> listed = OLD }
#endif
        :: control[OLD]?HANDOVER -> /* pyw_handover_give */
            is_old = 1;
            rows!1
        :: control[OLD]?COMPLETE -> /* pyw_handover_complete */
            is_complete = 1
        :: control[OLD]?COMMIT -> /* pyw_handover_take_back, pyw_configuration_commit */
#ifndef BUG_STAYS_GIVEN
            is_old = 0;
            is_given = 0;
#endif
            serves[OLD] = 1
        :: is_old && orders?[TAKEN] -> /* take_over */
            orders?TAKEN;
            is_given = 1
        :: is_old && orders?[RELEASE] -> /* release_group */
            orders?RELEASE;
            assert(listed != OLD);
            serves[OLD] = 0
        :: is_old && killed[NEW] && empty(orders) && (!is_given || is_complete) -> /* end_handover */
            if
            :: is_given -> serves[OLD] = 0
            :: else
            fi;
            is_old = 0
        :: is_given && is_complete && !serves[OLD] -> /* manage */
            atomic { has_exited = 1; killed[OLD] = 1 }
        od
    } unless { killed[OLD] }
    atomic { serves[OLD] = 0; is_old = 0; is_given = 0 }
}

proctype New()
{
    bit has_rows;

    {
        if
        :: rows?has_rows /* pyw_handover_receive */
        :: killed[OLD] && empty(rows) -> goto refused
        fi;
        control[NEW]?COMMIT;
        orders!TAKEN; /* pyw_handover_confirm */
        answer!BOUND;
        serves[NEW] = 1;
#ifdef BUG_RELEASE_BEFORE_LISTED
        orders!RELEASE;
        listed = NEW
#else
        listed = NEW;  /* pyw_publish_write, before */
        orders!RELEASE /* pyw_handover_release */
#endif
refused:
        do
        :: atomic { serves[NEW] && listed != NEW -> listed = NEW }
        :: !has_rows -> killed[NEW] = 1 /* the program ends: PYW0360 */
        od
    } unless { killed[NEW] }
    atomic { serves[NEW] = 0; has_rows = 0 }
}

proctype Next()
{
    serves[NEXT] = 1; /* clear_workers, pyw_publish_write */
    listed = NEXT
}

proctype Parent()
{
    byte current = OLD;

    control[OLD]!HANDOVER; /* begin_handover */
    run New();
    control[NEW]!COMMIT;
    if
    :: answer?BOUND -> /* complete_handover */
        control[OLD]!COMPLETE;
        current = NEW;
        has_control = 0
    :: killed[NEW] && empty(answer) -> /* abandon_next, deliver_to the old one */
        assert(!has_exited);
        control[OLD]!COMMIT
    fi;
    (killed[current]); /* other_child, begin_configuration */
    run Next()
}

/* A manager or both die, at any step or never. */
proctype Deaths()
{
    do
    :: killed[OLD] = 1
    :: killed[NEW] = 1
    :: break
    od
}

proctype Clock() /* so that a run in which all others are blocked is an endless one, which Spin checks for fairness */
{
    do
    :: skip -> skip
    od
}

init
{
#ifdef DEATHS
    atomic { run Old(); run Parent(); run Deaths(); run Clock() }
#else
    atomic { run Old(); run Parent(); run Clock() }
#endif
}

/* The list names workers that accept requests, for ever. */
ltl settles { <> [] (listed != NOBODY && serves[listed]) }
