/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <string.h>
#include <strings.h>

const char *pyw_directive_place(cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
}

int pyw_directive_is_main(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, NOT_IN_HTACCESS) == NULL;
}

static void record_message(cmd_parms *cmd, apr_array_header_t *messages, const char *text)
{
    if (pyw_directive_is_main(cmd)) {
        APR_ARRAY_PUSH(messages, const char *) = apr_psprintf(cmd->pool, "%s: %s", pyw_directive_place(cmd), text);
    }
}

void pyw_directive_warn(cmd_parms *cmd, const char *text)
{
    record_message(cmd, pyw_config_main()->warnings, text);
}

void pyw_directive_notice(cmd_parms *cmd, const char *text)
{
    record_message(cmd, pyw_config_main()->notices, text);
}

void pyw_directive_use_group(cmd_parms *cmd, const char *name)
{
    pyw_group_use *use;

    if (!pyw_directive_is_main(cmd)) {
        return;
    }
    if (strcmp(name, "%{GLOBAL}") == 0) {
        name = "";
    }
    if (pyw_directive_is_variable(name)) {
        return;
    }
    use = apr_array_push(pyw_config_main()->uses);
    use->name = name;
    use->directive = cmd->cmd->name;
    use->place = pyw_directive_place(cmd);
    use->server = cmd->server;
}

int pyw_directive_switch(const char *text, pyw_switch *value)
{
    if (ap_cstr_casecmp(text, "On") == 0) {
        *value = PYW_ON;
    }
    else if (ap_cstr_casecmp(text, "Off") == 0) {
        *value = PYW_OFF;
    }
    else {
        return 0;
    }
    return 1;
}

const char *pyw_directive_set_switch(cmd_parms *cmd, const char *text, pyw_switch *value)
{
    if (pyw_directive_switch(text, value)) {
        return NULL;
    }
    return apr_psprintf(cmd->pool, "%s cannot be '%s': it must be On or Off", cmd->cmd->name, text);
}

/* The unit of durations and sizes that a word means; NULL: none. */
static const char *unit_of(const char *word)
{
    static const char *const units[][2] = {{"second", "s"}, {"sec", "s"}, {"min", "min"}, {"hour", "h"},
                                           {"ms", "ms"},    {"k", "K"},   {"m", "M"},     {"g", "G"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strncasecmp(word, units[i][0], strlen(units[i][0])) == 0) {
            return units[i][1];
        }
    }
    return strcmp(word, "s") == 0 || strcmp(word, "h") == 0 ? word : NULL;
}

/* A word without "=": often the rest of the value of the option before it (NULL: it is the first). */
static const char *explain_word(cmd_parms *cmd, const char *word, const char *name, const char *value)
{
    const char *message = apr_psprintf(cmd->pool, "%s: option '%s' has no value: ", cmd->cmd->name, word);

    if (!name) {
        return apr_psprintf(cmd->pool, "%swrite %s=...", message, word);
    }
    if (strcmp(name, "env") == 0) {
        return apr_psprintf(cmd->pool,
                            "%s: a value with spaces needs quotes around the whole option: \"env=NAME=two words\"",
                            cmd->cmd->name);
    }
    if (*value && value[strspn(value, "0123456789")] == '\0' && unit_of(word)) {
        return apr_psprintf(cmd->pool, "%sa unit follows its number without a space, write %s=%s%s", message, name,
                            value, unit_of(word));
    }
    return apr_psprintf(cmd->pool, "%swrite %s=..., or \"%s=%s %s\" in quotes if it belongs to '%s'", message, word,
                        name, value, word, name);
}

const char *pyw_directive_option(cmd_parms *cmd, const char **args, const char **name, const char **value)
{
    const char *start = *args;
    const char *before = *name;
    const char *end;

    *name = NULL;
    while (apr_isspace(*start)) {
        start++;
    }
    if (!*start) {
        return NULL;
    }
    if (*start == '"' || *start == '\'') {
        /* The whole word is quoted: "env=NAME=some value". */
        char *word = ap_getword_conf(cmd->pool, &start);
        char *equals = strchr(word, '=');

        *args = start;
        if (!equals) {
            return explain_word(cmd, word, before, *value);
        }
        *equals = '\0';
        *name = word;
        *value = equals + 1;
        return NULL;
    }
    end = start + strcspn(start, "= \t");
    if (*end != '=') {
        return explain_word(cmd, apr_pstrmemdup(cmd->pool, start, (apr_size_t)(end - start)), before, *value);
    }
    *name = apr_pstrmemdup(cmd->pool, start, (apr_size_t)(end - start));
    *args = end + 1;
    *value = apr_isspace(**args) ? "" : ap_getword_conf(cmd->pool, args);
    return NULL;
}

const char *pyw_directive_options(cmd_parms *cmd, const char *args, pyw_directive_set_option *set, void *baton)
{
    const char *name = NULL, *value = NULL;
    const char *error;

    while (!(error = pyw_directive_option(cmd, &args, &name, &value)) && name) {
        error = set(cmd, baton, name, value);
        if (error) {
            break;
        }
    }
    return error;
}

int pyw_directive_is_variable(const char *text)
{
    static const char *const variables[] = {"%{GLOBAL}", "%{RESOURCE}", "%{SERVER}", "%{HOST}", NULL};
    const char *const *variable = variables;

    while (*variable && strcmp(*variable, text) != 0) {
        variable++;
    }
    return *variable || (strncmp(text, "%{ENV:", 6) == 0 && strlen(text) > 7 && text[strlen(text) - 1] == '}');
}

void pyw_directive_check_application_group(cmd_parms *cmd, const char *text)
{
    if (strncmp(text, "%{", 2) == 0 && !pyw_directive_is_variable(text)) {
        pyw_directive_warn(cmd,
                           apr_psprintf(cmd->pool,
                                        "%s: unknown variable '%s', which is the name of an interpreter now; known "
                                        "are %s",
                                        cmd->cmd->name, text, PYW_GROUP_VARIABLES));
    }
}
