# Run in the virtual machine: a tape drive of tgt with a cartridge of 200 MB, and the iSCSI initiator that finds it.
PATH=$PATH:/usr/sbin:/sbin
export TGT_IPC_SOCKET=/tmp/winback-tgt
tgtd -f --iscsi portal=127.0.0.1:3260 &
for wait in $(seq 100); do tgtadm --lld iscsi --op show --mode sys >/dev/null 2>&1 && break; sleep 0.05; done
tgtimg --op new --device-type tape --barcode WB0001 --size 200 --type data --file /tmp/winback-cartridge
tgtadm --lld iscsi --op new --mode target --tid 1 -T iqn.2000-01.test:tape
tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 --device-type tape --bstype ssc -b /tmp/winback-cartridge
tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL
iscsistart -i iqn.2000-01.test:initiator -t iqn.2000-01.test:tape -g 1 -a 127.0.0.1 -p 3260
