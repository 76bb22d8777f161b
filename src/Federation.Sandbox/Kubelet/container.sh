# Makes a root of its own for one container and becomes the container's command there.
# Runs as the first process of new user, mount and process namespaces; nothing it does is seen outside them.
#
#   sh -c <this> container NEW_ROOT WORKING_DIRECTORY [SOURCE TARGET ro|rw]... -- COMMAND [ARGUMENT]...
#
# Tools are called by absolute path or after PATH was put aside, so that the container's own PATH plays no part.
set -eu
container_path=${PATH-}
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

root=$1
working_directory=$2
shift 2

# Shows entry $1 of this machine at $2 too: a link as a link, anything else by a bind mount.
show() {
    if [ -L "$1" ]; then ln -s "$(readlink "$1")" "$2"
    elif [ -d "$1" ]; then mkdir "$2"; mount -n --rbind "$1" "$2"
    elif [ -e "$1" ]; then : > "$2"; mount -n --bind "$1" "$2"
    fi
}

mount -n -t tmpfs -o mode=755 container "$root"
for entry in /* /.[!.]*; do
    case $entry in /dev | "/*" | "/.[!.]*") continue ;; esac
    show "$entry" "$root$entry"
done

# Devices as a container has them, in a directory that can take a termination log.
mkdir "$root/dev"
mount -n -t tmpfs -o mode=755 container "$root/dev"
for device in null zero full random urandom tty shm mqueue; do
    show "/dev/$device" "$root/dev/$device"
done
# Terminals of its own: those of this machine could not be opened from here.
mkdir "$root/dev/pts"
mount -n -t devpts -o newinstance,ptmxmode=0666,mode=0620 container "$root/dev/pts" 2> /dev/null || true
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"

# Sources are bound before the root changes; a target may hide where they come from.
mkdir "$root/.mounts"
index=0
for argument; do
    [ "$argument" != -- ] || break
    case $((index % 3)) in
        0) if [ -d "$argument" ]; then mkdir "$root/.mounts/$index"; else : > "$root/.mounts/$index"; fi
           mount -n --rbind "$argument" "$root/.mounts/$index" ;;
    esac
    index=$((index + 1))
done

# The container's root becomes this process's; the targets are made and mounted from within, where links lead right.
exec chroot "$root" /bin/sh -c '
set -eu
scratch=/:/dev:
parent() { parent=${1%/*}; parent=${parent:-/}; }

# Covers directory $1 with an empty one that shows the same entries, so that it can take another.
cover() {
    mkdir -p /.below; mount -n --rbind "$1" /.below; mount -n -t tmpfs -o mode=755 container "$1"
    for entry in /.below/* /.below/.[!.]*; do
        name=${entry##*/}
        if [ -L "$entry" ]; then ln -s "$(readlink "$entry")" "$1/$name"
        elif [ -d "$entry" ]; then mkdir "$1/$name"; mount -n --rbind "$entry" "$1/$name"
        elif [ -e "$entry" ]; then : > "$1/$name"; mount -n --bind "$entry" "$1/$name"
        fi
    done
    umount -n -l /.below; rmdir /.below
    scratch="$scratch$1:"
}

# Makes a mount point, directory or file ($2), without a trace on this machine.
point() {
    if [ -e "$1" ]; then return; fi
    parent "$1"; point "$parent" directory; parent "$1"
    parent=$(cd "$parent" && pwd -P)
    case :$scratch in *":$parent:"*) ;; *) cover "$parent" ;; esac
    if [ "$2" = directory ]; then
        mkdir "$1"; scratch="$scratch${parent%/}/${1##*/}:"
    else
        : > "$1"
    fi
}

# A user namespace may add flags to a mount but not take away those it came with.
read_only() {
    for flags in "" ,nosuid,nodev ,nosuid,nodev,noexec ,nosuid,nodev,relatime ,nosuid,nodev,noexec,relatime; do
        if mount -n -o "remount,bind,ro$flags" "$1" 2> /dev/null; then return; fi
    done
    echo "mount path $1 could not be made read-only" >&2
    exit 1
}

mount -n -t proc proc /proc 2> /dev/null || true
working_directory=$1 container_path=$2
shift 2
index=0
while [ "$1" != -- ]; do
    source=/.mounts/$index
    if [ -d "$source" ]; then point "$2" directory; else point "$2" file; fi
    mount -n --rbind "$source" "$2"
    [ "$3" = rw ] || read_only "$2"
    index=$((index + 3))
    shift 3
done
shift
point "$working_directory" directory
cd "$working_directory"
if umount -n -l /.mounts/* 2> /dev/null; then
    # Never with what is in them, in case one is still mounted. One that a copy of this root shows elsewhere stays, empty:
    # so it is where a source lies above this root, as the folder of a release does that the sandbox is run in.
    for place in /.mounts/*; do
        if [ -d "$place" ]; then rmdir "$place"; else rm -f "$place"; fi
    done 2> /dev/null || true
    rmdir /.mounts 2> /dev/null || true
fi
PATH=$container_path
unset OLDPWD
echo ready >&2
exec 2>&1
exec "$@"
' container "$working_directory" "$container_path" "$@"
