/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay_state.h"

enum {
    ASK = PYW_RELAY_ASKING,
    UNB = PYW_RELAY_UNBEGUN,
    BEG = PYW_RELAY_BEGUN,
    ANS = PYW_RELAY_ANSWERING,
    LST = PYW_RELAY_ANSWERED,
    DON = PYW_RELAY_DONE,
    ABA = PYW_RELAY_ABANDONED,
    BCK = PYW_RELAY_TAKEN_BACK,
    CLO = PYW_RELAY_CLOSED,
    AWY = PYW_RELAY_GOAWAY,
    BOT = PYW_UPLOAD_WAITS_BOTH,
    TAK = PYW_UPLOAD_WAITS_TAKEN,
    CON = PYW_UPLOAD_WAITS_CONTINUE,
    FLO = PYW_UPLOAD_FLOWS,
    FUL = PYW_UPLOAD_FULL,
    SNT = PYW_UPLOAD_DONE,
    LFT = PYW_UPLOAD_LEFT,
    BUG = PYW_RELAY_OUR_BUG,
    ERR = PYW_RELAY_PEERS_FAULT
};

/* No frame is legal after DONE. In DONE httpd still sends the response to the client, who may leave. */
static const struct {
    signed char next[DON + 1];
    const char *name;
} events[PYW_RELAY_EVENTS] = {
    /*ASK  UNB  BEG  ANS  LST  DON */
    {{UNB, BUG, BUG, BUG, BUG, BUG}, "token taken"}, /* ON_TOKEN */
    {{BEG, BUG, BUG, BUG, BUG, BUG}, "token gone"},  /* ON_TOKEN_GONE */
    {{BUG, ERR, BEG, ERR, ERR, BUG}, "TAKEN"},       /* ON_TAKEN */
    {{BUG, ERR, BEG, ANS, LST, BUG}, "LOG"},         /* ON_LOG */
    {{BUG, ERR, BEG, ANS, LST, BUG}, "INTERIM 100"}, /* ON_CONTINUE */
    {{BUG, ERR, BEG, ERR, ERR, BUG}, "INTERIM"},     /* ON_INTERIM */
    {{BUG, ERR, ANS, ERR, ERR, BUG}, "HEAD"},        /* ON_HEAD */
    {{BUG, ERR, ERR, ANS, ERR, BUG}, "DATA"},        /* ON_BODY */
    {{BUG, ERR, ERR, LST, ERR, BUG}, "last DATA"},   /* ON_LAST */
    {{BUG, ERR, ERR, DON, DON, BUG}, "END"},         /* ON_END */
    {{BUG, ERR, DON, DON, DON, BUG}, "ERROR"},       /* ON_ERROR */
    {{BUG, AWY, ERR, ERR, ERR, BUG}, "GOAWAY"},      /* ON_GOAWAY */
    {{BUG, CLO, DON, DON, DON, DON}, "closed"},      /* ON_CLOSED */
    {{BUG, DON, DON, DON, DON, DON}, "broken"},      /* ON_BROKEN */
    {{BUG, BCK, ABA, ABA, ABA, DON}, "client left"}, /* ON_CLIENT_LEFT */
    {{BUG, BCK, ABA, ABA, ABA, DON}, "deadline"},    /* ON_DEADLINE */
    {{BUG, BCK, ABA, ABA, ABA, BUG}, "silence"},     /* ON_SILENCE */
    {{BUG, BUG, BUG, ABA, BUG, BUG}, "long header"}, /* ON_LONG_HEADER */
    {{BUG, BCK, ABA, ABA, ABA, BUG}, "body failed"}, /* ON_BODY_FAILED */
};

static const struct {
    signed char next[PYW_UPLOAD_STATES];
    const char *name;
} upload_events[PYW_UPLOAD_EVENTS] = {
    /*BOT  TAK  CON  FLO  FUL  SNT  LFT */
    {{CON, FLO, ERR, ERR, ERR, ERR, ERR}, "TAKEN"},         /* ON_TAKEN */
    {{TAK, TAK, FLO, FLO, FUL, SNT, LFT}, "INTERIM 100"},   /* ON_CONTINUE */
    {{BOT, TAK, CON, FUL, FUL, SNT, LFT}, "full"},          /* ON_FULL */
    {{BOT, TAK, CON, FLO, FLO, SNT, LFT}, "writable"},      /* ON_WRITABLE */
    {{BUG, BUG, BUG, SNT, BUG, BUG, BUG}, "END"},           /* ON_END */
    {{BOT, TAK, CON, SNT, SNT, SNT, LFT}, "refused"},       /* ON_REFUSED */
    {{BUG, BUG, BUG, BUG, BUG, LFT, BUG}, "client closed"}, /* ON_LEFT */
};

static const char *const state_names[] = {"OUR_BUG",  "PEERS_FAULT", "ASKING",    "UNBEGUN",    "BEGUN",  "ANSWERING",
                                          "ANSWERED", "DONE",        "ABANDONED", "TAKEN_BACK", "CLOSED", "GOAWAY"};

static const char *const upload_state_names[] = {
    "OUR_BUG", "PEERS_FAULT", "WAITS_BOTH", "WAITS_TAKEN", "WAITS_CONTINUE", "FLOWS", "FULL", "DONE", "LEFT"};

int pyw_relay_next(pyw_relay_state state, pyw_relay_event event)
{
    return state <= PYW_RELAY_DONE ? events[event].next[state] : PYW_RELAY_OUR_BUG;
}

int pyw_upload_next(pyw_upload_state state, pyw_upload_event event)
{
    return upload_events[event].next[state];
}

int pyw_relay_is_over(pyw_relay_state state)
{
    return state >= PYW_RELAY_DONE;
}

const char *pyw_relay_state_name(int state)
{
    return state_names[state - PYW_RELAY_OUR_BUG];
}

const char *pyw_relay_event_name(pyw_relay_event event)
{
    return events[event].name;
}

const char *pyw_upload_state_name(int state)
{
    return upload_state_names[state - PYW_RELAY_OUR_BUG];
}

const char *pyw_upload_event_name(pyw_upload_event event)
{
    return upload_events[event].name;
}
