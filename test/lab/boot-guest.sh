# Second program of the guest, in the root that the host lends: udev with our rules, then the lab's own program.
# Arguments: the checkout, Node's binary, and what the lab is asked to do.
B=/run/busybox
repo=$1; node=$2; shift 2
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run LC_ALL=C.UTF-8
cd "$repo" || $B poweroff -f
$B mkdir -p /run/udev/rules.d
$B cp resources/linux/70-tramqr-scanners.rules /run/udev/rules.d/
/lib/systemd/systemd-udevd --daemon
udevadm trigger -s usb -s tty -s hidraw -s hid -s input
udevadm settle -t 60
$B stty -F /dev/ttyS1 raw -echo
echo "lab: udev has settled"
"$node" test/lab/guest.ts "$@" || echo "lab: the guest's program ended with code $?"
$B poweroff -f
