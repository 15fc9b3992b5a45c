# bash completion for pidlet: the program itself says what can stand at the cursor.

_pidlet()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev words=("${COMP_WORDS[@]}") cword=$COMP_CWORD line how=: i
    # Whole words, where bash cuts --output=json and tcp:80 up.
    declare -F _get_comp_words_by_ref >/dev/null && _get_comp_words_by_ref -n =: cur prev words cword
    local typed=$cur
    [[ ${COMP_WORDBREAKS} == *=* ]] && typed=${typed##*=}
    [[ ${COMP_WORDBREAKS} == *:* ]] && typed=${typed##*:}
    local before=${cur%"$typed"}        # what readline leaves alone

    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :* ]]; then
            how=$line
        else
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$before"}")
        fi
    done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1:cword-1}" "$cur" 2>/dev/null)

    case $how in
    :nospace)
        compopt -o nospace
        ;;
    :file | :folder)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen "$([[ $how == :folder ]] && echo -d || echo -f)" -- "${cur#--*=}")
        ;;
    :command)
        for ((i = 2; i < COMP_CWORD; i++)); do
            [[ ${COMP_WORDS[i]} == -- ]] && break
        done
        if declare -F _command_offset >/dev/null; then
            _command_offset $((i + 1))
        else
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        fi
        ;;
    esac
}

complete -F _pidlet pidlet
