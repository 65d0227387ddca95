/** What a broker may not send, and what the package `mqtt` would take all the same. */
import type { Packet } from "mqtt";

/** The packets of one connection, in their order. */
export class PacketCheck {
  private accepted = false;

  /**
   * What is wrong with it, in words that end the sentence "it sent …". The package goes on with the packet whatever is said here: one
   * that has no number is given one, since to acknowledge it without would end the process.
   */
  faultOf(packet: Packet): string | undefined {
    const { accepted } = this;
    if (packet.cmd === "connack") {
      this.accepted = true;
      return (packet.length ?? 0) < 2 ? "a CONNACK without its code" : undefined;
    }
    // MQTT 3.1.1 §3.2, MQTT 5.0 §3.2: the first packet is a CONNACK.
    const early = accepted ? undefined : `${nameOf(packet)} before it had accepted`;
    if (!isNumbered(packet) || (packet.messageId ?? 0) > 0) return early;
    packet.messageId = 0;
    return early ?? `${nameOf(packet)} without its number`;
  }
}

/** MQTT 3.1.1 §2.3.1, MQTT 5.0 §2.2.1. */
function isNumbered(packet: Packet): boolean {
  switch (packet.cmd) {
    case "publish":
      return packet.qos > 0;
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
    case "suback":
    case "unsuback":
      return true;
    case "connect":
    case "connack":
    case "subscribe":
    case "unsubscribe":
    case "pingreq":
    case "pingresp":
    case "disconnect":
    case "auth":
      return false;
  }
}

function nameOf({ cmd }: Packet): string {
  return `a ${cmd.toUpperCase()}`;
}
