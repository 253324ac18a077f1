# Completion of pywsgi's verbs, options and process groups in bash. Installed as `pywsgi` in bash-completion's directory.

_pywsgi()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    case $before in
    --directory | --project | --venv | --modules | --root) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --env-file | --httpd) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --complete \
           "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$word") ;;
    esac
}

complete -F _pywsgi pywsgi
