# A gateway with two interfaces, and a server behind both: in network namespaces of this user's own.
# $1: node, $2: the folder of config.yaml. Each line of standard input is a command.
set -e
ip link set lo up
unshare --net sleep 600 &
far=$!
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
there() { nsenter --target $far --net -- "$@"; }
add() { # name, number
  ip link add "$1" type veth peer name "far$2" netns $far
  ip address add "10.77.$2.2/24" dev "$1"
  ip link set "$1" up
  there ip address add "10.77.$2.1/24" dev "far$2"
  there ip link set "far$2" up
  # docs/operations.md, "Two ways to the server": what has this address leaves by this interface.
  ip rule add from "10.77.$2.2" lookup "10$2"
  ip route add default via "10.77.$2.1" dev "$1" table "10$2"
}
there ip link set lo up
there ip address add 10.77.9.9/32 dev lo
add eth0 1
add wwan0 2
there "$1" demo/server-alone.ts --host 10.77.9.9 --port 5683 >/dev/null &
"$1" src/main.ts run --config "$2/config.yaml" &
while read -r line; do eval "$line"; done
