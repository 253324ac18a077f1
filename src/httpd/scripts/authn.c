/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/authn.h"

#include <ap_provider.h>
#include <apr_general.h>
#include <apr_md5.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>
#include <string.h>

#include "base/log.h"
#include "httpd/log/log.h"
#include "httpd/scripts/call.h"

APLOG_USE_MODULE(pywsgi);

/* The name of the provider, and of its entries in the cache (AuthnCacheProvideFor). */
#define PROVIDER "wsgi"

/* htpasswd's default: a compromise between the cost for httpd and the cost for an attacker who has the cache. */
enum { BCRYPT_COST = 5, SALT_SIZE = 16 };

/* The length of an MD5 digest as text. */
enum { DIGEST_DIGITS = 2 * APR_MD5_DIGESTSIZE };

static APR_OPTIONAL_FN_TYPE(ap_authn_cache_store) * cache_store;

/* The configured script. NULL: none, which was logged. */
static const pyw_script *script_of(request_rec *r)
{
    const pyw_script *script = pyw_config_request(r)->auth_user_script;

    if (!script) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0294) "the authentication provider \"wsgi\" needs a WSGIAuthUserScript in the same "
                                   "section; the client gets 500");
    }
    return script;
}

/*
 * Caches the password for mod_authn_socache, which answers before this provider from now on. It cannot change the
 * user's name, so do not cache answers that contain another name.
 */
static void cache_password(request_rec *r, const char *user, const char *password)
{
    unsigned char salt[SALT_SIZE];
    char hash[128];

    if (cache_store && apr_generate_random_bytes(salt, sizeof(salt)) == APR_SUCCESS &&
        apr_bcrypt_encode(password, BCRYPT_COST, salt, sizeof(salt), hash, sizeof(hash)) == APR_SUCCESS) {
        cache_store(r, PROVIDER, user, NULL, apr_pstrdup(r->pool, hash));
    }
}

static authn_status take_check(const pyw_call *call, const char *user, const char *password, const char *answer)
{
    if (strcmp(answer, "granted") == 0) {
        cache_password(call->r, user, password);
        return AUTH_GRANTED;
    }
    if (strcmp(answer, "denied") == 0) {
        return AUTH_DENIED;
    }
    if (strcmp(answer, "unknown") == 0) {
        return AUTH_USER_NOT_FOUND;
    }
    if (strncmp(answer, "user ", 5) == 0 && answer[5] && !strchr(answer, '\n')) {
        call->r->user = apr_pstrdup(call->r->pool, answer + 5);
        return AUTH_GRANTED;
    }
    pyw_call_log_unexpected(call);
    return AUTH_GENERAL_ERROR;
}

/* Calls a function of the script with the user and another argument. NULL: no answer. */
static const char *ask_script(pyw_call *call, request_rec *r, const char *function, const char *user,
                              const char *argument, const char *value)
{
    const pyw_script *script = script_of(r);

    if (!script) {
        return NULL;
    }
    pyw_call_init(call, r, script, "WSGIAuthUserScript", function);
    apr_table_setn(call->arguments, PYW_CALL_USER, user);
    apr_table_setn(call->arguments, argument, value);
    return pyw_call_run(call);
}

static authn_status check_password(request_rec *r, const char *user, const char *password)
{
    pyw_call call;
    const char *answer = ask_script(&call, r, "check_password", user, PYW_CALL_PASSWORD, password);

    return answer ? take_check(&call, user, password, answer) : AUTH_GENERAL_ERROR;
}

static int is_digest(const char *text)
{
    return strlen(text) == DIGEST_DIGITS && strspn(text, "0123456789abcdef") == DIGEST_DIGITS;
}

static authn_status take_hash(const pyw_call *call, const char *user, const char *realm, const char *answer,
                              char **hash)
{
    if (strcmp(answer, "unknown") == 0) {
        return AUTH_USER_NOT_FOUND;
    }
    if (strncmp(answer, "hash ", 5) != 0 || !is_digest(answer + 5)) {
        pyw_call_log_unexpected(call);
        return AUTH_GENERAL_ERROR;
    }
    *hash = apr_pstrdup(call->r->pool, answer + 5);
    if (cache_store) {
        cache_store(call->r, PROVIDER, user, realm, *hash);
    }
    return AUTH_USER_FOUND;
}

static authn_status get_realm_hash(request_rec *r, const char *user, const char *realm, char **hash)
{
    pyw_call call;
    const char *answer = ask_script(&call, r, "get_realm_hash", user, PYW_CALL_REALM, realm);

    return answer ? take_hash(&call, user, realm, answer, hash) : AUTH_GENERAL_ERROR;
}

static const authn_provider provider = {check_password, get_realm_hash};

static void find_cache(void)
{
    cache_store = APR_RETRIEVE_OPTIONAL_FN(ap_authn_cache_store);
}

void pyw_authn_register(apr_pool_t *pool)
{
    ap_hook_optional_fn_retrieve(find_cache, NULL, NULL, APR_HOOK_MIDDLE);
    ap_register_auth_provider(pool, AUTHN_PROVIDER_GROUP, PROVIDER, AUTHN_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
