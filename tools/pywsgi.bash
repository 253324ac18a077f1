# Completion of pywsgi's verbs, options and process groups in bash. Installed as `pywsgi` in bash-completion's directory.

# Names of groups may contain spaces and characters that the shell expands. `compgen -W` would execute them.
_pywsgi_names()
{
    local name

    while IFS= read -r name; do
        if [[ $name == "$word"* || $(printf %q "$name") == "$word"* ]]; then
            COMPREPLY+=("$(printf %q "$name")")
        fi
    done
}

_pywsgi()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    case $before in
    --directory | --project | --venv | --modules | --root) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --config | --env-file | --folded | --httpd | --output) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    *) _pywsgi_names < <("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null) ;;
    esac
}

complete -F _pywsgi pywsgi
