# Run in the virtual machine: a tape drive of tgt with a cartridge of 200 MB, a library of tgt with a drive and four cartridges of 8 MB,
# and the iSCSI initiator that finds them.
PATH=$PATH:/usr/sbin:/sbin
export TGT_IPC_SOCKET=/tmp/winback-tgt
tgtd -f --iscsi portal=127.0.0.1:3260 &
for wait in $(seq 100); do tgtadm --lld iscsi --op show --mode sys >/dev/null 2>&1 && break; sleep 0.05; done
tgtimg --op new --device-type tape --barcode WB0001 --size 200 --type data --file /tmp/winback-cartridge
tgtadm --lld iscsi --op new --mode target --tid 1 -T iqn.2000-01.test:tape
tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 --device-type tape --bstype ssc -b /tmp/winback-cartridge
tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL
iscsistart -i iqn.2000-01.test:initiator -t iqn.2000-01.test:tape -g 1 -a 127.0.0.1 -p 3260

unit() { tgtadm --lld iscsi --op update --mode logicalunit --tid 2 --lun "$1" --params "$2"; }
mkdir /tmp/winback-library
dd if=/dev/zero of=/tmp/winback-library/smc bs=1024 count=1
for code in 00000001 00000002 00000003 00000004; do
  tgtimg --op new --device-type tape --barcode $code --size 8 --type data --file /tmp/winback-library/$code
done
tgtadm --lld iscsi --op new --mode target --tid 2 -T iqn.2000-01.test:library
tgtadm --lld iscsi --op new --mode logicalunit --tid 2 --lun 1 -b /tmp/winback-library/00000001 --device-type tape --bstype ssc
unit 1 online=0
tgtadm --lld iscsi --op new --mode logicalunit --tid 2 --lun 2 -b /tmp/winback-library/smc --device-type changer
unit 2 media_home=/tmp/winback-library
unit 2 element_type=4,start_address=1,quantity=1
unit 2 element_type=4,address=1,tid=2,lun=1
unit 2 element_type=1,start_address=16,quantity=1
unit 2 element_type=2,start_address=1024,quantity=4
for slot in 1 2 3 4; do unit 2 element_type=2,address=$((1023 + slot)),barcode=0000000$slot,sides=1; done
tgtadm --lld iscsi --op bind --mode target --tid 2 -I ALL
iscsistart -i iqn.2000-01.test:initiator -t iqn.2000-01.test:library -g 1 -a 127.0.0.1 -p 3260
