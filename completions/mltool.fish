# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for mltool; it asks the program.

function __mltool_command
    set -l names (mltool --list-commands 2>/dev/null | string replace -r '\t.*' '')
    for word in (commandline -opc)[2..-1]
        if contains -- $word $names
            echo $word
            return
        end
    end
end

# `run FILE` has the options of the command in the file.
function __mltool_asked
    set -l command (__mltool_command)
    printf '%s\n' $command
    test "$command" = run; or return
    for word in (commandline -opc)[2..-1]
        if test -f $word
            echo $word
            return
        end
    end
end

function __mltool_options
    mltool (__mltool_asked) --list-options 2>/dev/null | string replace -r '\t[^\t]*\t' '\t'
end

# Words for the value of the option before the cursor; fails where there is none to offer.
function __mltool_models
    mltool models 2>/dev/null | string match -r '^[a-z][a-z_]*(?= )'
    __fish_complete_path
end

function __mltool_values
    set -l before (commandline -opc)[-1]
    switch $before
        case --params
            printf '%s\n' comprehensive efficient minimal index time kx kx-strict
            __fish_complete_path
        case --load
            printf '%s\n' fresh xval py:
            __fish_complete_path
        case --features
            mltool --list-features 2>/dev/null
        case --model
            __mltool_models
        case --metric
            set -l others (commandline -ct | string match -r '.*,')
            printf '%s\n' "$others"(mltool score --metrics 2>/dev/null | string match -r '^[a-z][a-z0-9_]*')
        case --prep
            set -l others (commandline -ct | string match -r '.*,')
            printf '%s\n' "$others"{impute=mean,impute=median,standard,minmax,one-hot,select-corr=,select,select=,py:}
        case --cv
            mltool split --list 2>/dev/null | string match -v ' *' | string replace -r '[:=].*' ''
        case '-*'
            set -l value (mltool (__mltool_asked) --list-options 2>/dev/null |
                string match -r -- "^$before\t([^\t]+)\t")[2]
            test -n "$value"; or return 1
            test "$value" = FILE; and __fish_complete_path
            string match -q '*|*' -- $value; and string split '|' -- $value
            return 0
        case '*'
            return 1
    end
end

function __mltool_words
    __mltool_values; and return
    switch (commandline -ct)
        case '-*'
            __mltool_options
            return
    end
    switch (__mltool_command)
        case '' help
            mltool --list-commands 2>/dev/null
        case features
            mltool --list-features 2>/dev/null
        case models
            __mltool_models
        case '*'
            __fish_complete_path
    end
end

complete -c mltool -f -a '(__mltool_words)'
