# Completion of catgac for bash, from the output of `catgac --help`. See README.md.

# _catgac_options [COMMAND]: prints the options, one per line, each with its argument.
_catgac_options() {
    catgac ${1:+"$1"} --help 2>/dev/null |
        sed -n 's/^  \(-[^ ]*\) \([^ ]\{1,\}\).*/\1 \2/p; t; s/^  \(-[^ ]*\) .*/\1/p'
}

_catgac_commands() {
    catgac --help 2>/dev/null | sed -n 's/^  catgac \([^ ]*\) .*/\1/p'
}

# _catgac_words PREFIX WORD...: offers the words with this prefix.
_catgac_words() {
    local prefix=$1
    shift
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$*" -- "$prefix")
}

# _catgac_files PREFIX [PATTERN]: offers folders, and files that match.
_catgac_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$1"; [ $# -lt 2 ] || compgen -f -X "!$2" -- "$1")
}

# _catgac_argument PREFIX ARGUMENT: offers values for the argument of an option.
_catgac_argument() {
    local words=${2//|/ }
    case $2 in
    DIR) _catgac_files "$1" ;;
    *'|'*) _catgac_words "$1" "${words//[A-Z]*/}" ;;
    esac
    case $2 in
    *FILE | *OLD | *TEMPLATE) _catgac_files "$1" '*' ;;
    esac
}

_catgac() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' options argument
    COMPREPLY=()
    if [ "$COMP_CWORD" -gt 1 ] && _catgac_commands | grep -qxF -e "${COMP_WORDS[1]}"; then
        command=${COMP_WORDS[1]}
    fi
    options=$(_catgac_options "$command")
    if [ "$current" = = ]; then # bash takes --dump=tok apart
        current=''
    elif [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    argument=$(sed -n "s/^$previous //p" <<<"$options")
    if [ -n "$argument" ]; then
        _catgac_argument "$current" "$argument"
    elif [[ $current == -* ]]; then
        _catgac_words "$current" "$(sed 's/ .*//' <<<"$options")"
    else
        [ "$COMP_CWORD" -ne 1 ] || _catgac_words "$current" "$(_catgac_commands)"
        [ "$command" = import ] && _catgac_files "$current" '*.fbs' || _catgac_files "$current" '*.catga'
    fi
}

complete -F _catgac catgac
