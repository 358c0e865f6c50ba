#!/bin/busybox sh
# The machine's first process: brings the system up, runs the program, and switches off.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp
hostname machine
while read -r module parameters; do
    # Parameters are several words.
    # shellcheck disable=SC2086
    insmod "/modules/$module" $parameters
done < /modules/order
# The line to the host carries bytes, not keystrokes.
stty -F /dev/ttyS1 raw -echo
. /command
echo "the program ended with status $?"
poweroff -f
