#!/bin/busybox sh
# First program of the guest. The host's own root, read-only, becomes the guest's root with a writable layer in memory:
# there is no disk image, and the checkout with its node_modules is simply there.
B=/bin/busybox
$B mount -t proc p /proc; $B mount -t sysfs s /sys; $B mount -t devtmpfs d /dev
while read -r module; do
  $B insmod "/modules/$module" || echo "lab: could not load $module"
done </modules/order
$B mount -t 9p -o trans=virtio,version=9p2000.L,msize=1048576,cache=loose,ro host /root || {
  echo "lab: the host's files cannot be reached"; $B poweroff -f
}
$B mount -t tmpfs t /new
$B mkdir -p /new/upper /new/work /new/root
$B mount -t overlay -o lowerdir=/root,upperdir=/new/upper,workdir=/new/work o /new/root || {
  echo "lab: no writable layer"; $B poweroff -f
}
for folder in dev proc sys; do $B mount --move /$folder /new/root/$folder; done
R=/new/root
$B mount -t tmpfs r $R/run
$B mkdir -p $R/dev/pts $R/dev/shm
$B mount -t devpts p $R/dev/pts; $B mount -t tmpfs -o mode=1777 m $R/dev/shm
$B cp $B $R/run/busybox
$B ip link set lo up
# What to run comes on the kernel's command line: lab.repo=PATH lab.node=PATH lab.args=WORDS,WITH,COMMAS
for word in $($B cat $R/proc/cmdline); do
  case $word in
    lab.repo=*) repo=${word#lab.repo=} ;;
    lab.node=*) node=${word#lab.node=} ;;
    lab.args=*) args=$(echo "${word#lab.args=}" | $B tr , ' ') ;;
  esac
done
exec $B chroot $R /run/busybox sh "$repo/test/lab/boot-guest.sh" "$repo" "$node" $args
