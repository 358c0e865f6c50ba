# Becomes systemd, the first process of a system of its own: it shares the machine's files, and whatever it writes is gone with it.
# Wants: LAYERS an empty folder, UNITS, PROGRAM mabataki, HOST this test, PACK, RUNTIME, and FIRST the unit to begin with.
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$LAYERS"
for part in etc usr var; do
    mkdir "$LAYERS/$part" "$LAYERS/$part.work"
    mount -t overlay overlay -o "lowerdir=/$part,upperdir=$LAYERS/$part,workdir=$LAYERS/$part.work" "/$part"
done
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup

# As a package would install it.
echo 'mabataki:x:497:497::/nonexistent:/usr/sbin/nologin' >> /etc/passwd
echo 'mabataki:x:497:' >> /etc/group
mkdir -p /etc/mabataki /usr/share/mabataki/pack /usr/lib/mabataki
cp "$UNITS/mabataki.toml" /etc/mabataki/
touch /usr/bin/mabataki /usr/lib/mabataki/host /usr/lib/mabataki/libonnxruntime.so
mount --bind "$PROGRAM" /usr/bin/mabataki
mount --bind "$HOST" /usr/lib/mabataki/host
mount --bind "$PACK" /usr/share/mabataki/pack
mount --bind "$RUNTIME" /usr/lib/mabataki/libonnxruntime.so

# The first set-up, as the service's user.
rm -rf /var/lib/mabataki
install -d -o mabataki -g mabataki -m 700 /var/lib/mabataki
setpriv --reuid mabataki --regid mabataki --clear-groups \
    mabataki --json --state /var/lib/mabataki/state init --terminal ward3-a > /run/set-up.json

exec env -i PATH="$PATH" container=test SYSTEMD_UNIT_PATH="$UNITS" \
    /lib/systemd/systemd --system --unit="$FIRST" --log-target=console --show-status=no
