# Owns one folder and what runs in it, until the process that started it is gone: then all of it goes.
#
# $1 is the folder. Standard input and output are the two ends of one socket. Lines that come in are
# `arg TEXT`, one per argument, and `run SIGNAL`, which runs the arguments as a program and, when the other
# side is gone before it ends, sends it that signal. Lines that go out are `ready`, and the program's exit
# code. Whatever is written elsewhere goes to the log.
folder=$1
trap '' HUP INT QUIT TERM PIPE
umask 077
mkdir "$folder" || exit 1
exec 3<&0 4>&1 </dev/null >>"$folder/log" 2>&1

run() {
    signal=$1
    shift
    "$@" 3<&- 4>&- &
    program=$!
    # The shell itself waits for the program, so that its number cannot become another's meanwhile.
    {
        read -r line <&3
        kill -s "$signal" "$program"
    } &
    guard=$!
    wait "$program"
    code=$?
    kill -s KILL "$guard"
    wait "$guard"
    echo "$code" >&4
}

echo ready >&4
set --
while IFS= read -r line <&3; do
    case $line in
    'arg '*) set -- "$@" "${line#arg }" ;;
    'run '*)
        run "${line#run }" "$@"
        set --
        ;;
    esac
done

# A program that was stopped in the middle may leave children, which write for another moment.
cd /
tries=0
while [ -e "$folder" ] && [ "$tries" -lt 100 ]; do
    rm -rf "$folder" 2>/dev/null
    tries=$((tries + 1))
    [ -e "$folder" ] && sleep 0.1
done
