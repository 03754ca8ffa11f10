#!/bin/sh
# The first process of the virtual machine, run by busybox: makes the tape drives, runs /job/run of the host, and powers off.
# The root is the host's own, read-only, with memory on top for what is written.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module.ko" 2>/dev/null; done
JOB=$(cat /where)
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro host /lower
mount -t tmpfs -o size=600m memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work overlay /root || mount --bind /lower /root
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 job "/root$JOB"
for folder in proc sys dev; do mount --bind "/$folder" "/root/$folder"; done
mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
mount -t debugfs debug /root/sys/kernel/debug 2>/dev/null
ip link set lo up

# /dev/nst0: a drive that the kernel simulates
insmod /modules/scsi_debug.ko ptype=1 delay=0
# /dev/nst1: a drive of tgt, which keeps all data, on loopback; /dev/nst2: one in a library
chroot /root /bin/sh "$JOB/drives.sh" >"/root$JOB/drives.log" 2>&1
waited=0
while [ ! -c /dev/nst2 ] && [ $waited -lt 50 ]; do sleep 0.1; waited=$((waited + 1)); done

chroot /root /bin/sh "$JOB/run.sh" >"/root$JOB/output" 2>&1
echo $? >"/root$JOB/code"
sync
poweroff -f
