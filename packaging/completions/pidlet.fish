# fish completion for pidlet: the program itself says what can stand at the cursor.

function __pidlet_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
    set -q lines[1]; or return
    set -l how $lines[-1]

    set -q lines[2]; and printf '%s\n' $lines[1..-2]
    switch $how
        case :file :folder
            set -l prefix (string match -r -- '^--[^=]*=' $typed)
            set -l begun (string replace -r -- '^--[^=]*=' '' $typed)
            set -l found
            if test $how = :folder
                set found (__fish_complete_directories $begun '')
            else
                set found (__fish_complete_path $begun)
            end
            set -q found[1]; and printf '%s\n' "$prefix"$found
        case :command
            set -l at (contains -i -- -- $words)
            complete -C (string join ' ' -- (string escape -- $words[(math $at + 1)..-1]) "$typed")
    end
end

complete -c pidlet -f -a '(__pidlet_complete)'
