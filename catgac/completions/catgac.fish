# Completion of catgac for fish, from the output of `catgac --help`. See README.md.

function __catgac_commands
    catgac --help 2>/dev/null | string replace -rf '^  catgac (\S+) +(.*)' '$1\t$2'
end

# Prints the command of this line, or nothing.
function __catgac_command
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] (__catgac_commands | string replace -r '\t.*' '')
        echo $words[2]
    end
end

# Prints the options, one per line: the option, its argument, its description.
function __catgac_options
    catgac (__catgac_command) --help 2>/dev/null | string replace -rf '^  (-\S+)(?: (\S+))? +(.*)' '$1\t$2\t$3'
end

# __catgac_argument ARGUMENT: offers values for the argument of an option.
function __catgac_argument
    switch $argv[1]
        case DIR
            __fish_complete_directories
        case '*'
            string split '|' -- $argv[1] | string match -r '^[a-z]+$'
            if string match -qr '(FILE|OLD|TEMPLATE)$' -- $argv[1]
                __fish_complete_path (commandline -ct)
            end
    end
end

function __catgac_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    for line in (__catgac_options)
        set -l option (string split \t -- $line)
        if test -n "$option[2]"
            if test "$option[1]" = "$words[-1]"
                __catgac_argument $option[2]
                return
            else if string match -q -- "$option[1]=*" $current
                string join \n -- $option[1]=(__catgac_argument $option[2])
                return
            end
        end
    end
    if string match -q -- '-*' $current
        __catgac_options | string replace -r '\t.*\t' '\t'
        return
    end
    test (count $words) -ne 1; or __catgac_commands
    set -l ending .catga
    test "$(__catgac_command)" != import; or set ending .fbs
    __fish_complete_suffix $ending | string match -er "^[^\t]*(\\$ending|/)(\t|\$)" # it offers others too
end

complete -c catgac -f -a '(__catgac_complete)'
