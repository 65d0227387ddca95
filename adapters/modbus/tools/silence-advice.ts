/** Nobody answered: what to look at, for each kind of wire. */
import type { ToolArguments, ToolContext } from "../../../src/adapter.ts";

/** The word behind `type:` of the wire that the arguments name. */
export function typeOfWire(args: ToolArguments, link: ToolContext["link"]): string {
  if (link !== undefined) return link.type;
  return args.text("type") ?? (args.text("line") !== undefined && args.text("host") === undefined ? SERIAL : TCP);
}

/** A question or two for whoever stands at the cabinet. */
export function adviceOnSilence(type: string): string {
  return ADVICE[type] ?? `${A_BOX} ${BEHIND_THE_BOX}`;
}

const SERIAL = "modbus-rtu";
const TCP = "modbus-tcp";
const BEHIND_THE_BOX = "Does the box have the speed and parity of its line?";
const A_BOX = "Is it the right host and port?";
const WIRES = "Are A and B swapped, speed or parity others, is there no common ground?";
const ADVICE: Readonly<Record<string, string>> = {
  [SERIAL]: `${WIRES} scan modbus --bauds and --parity try others; a device that speaks ASCII needs --type modbus-ascii`,
  "modbus-ascii": `${WIRES} Most devices speak RTU: --type modbus-rtu`,
  [TCP]: `${A_BOX} A box that carries bytes only ("raw", "TCP server" mode) needs --type modbus-rtu-over-tcp. ${BEHIND_THE_BOX}`,
  "modbus-rtu-over-tcp": `${A_BOX} A box that speaks Modbus itself needs --type modbus-tcp. ${BEHIND_THE_BOX}`,
  "modbus-udp":
    "Is it the right host and port? Nobody tells where a datagram is lost; most devices speak --type modbus-tcp",
};
