/** Commands about connections: to make them, to change them, to end them (Core Specification 5.4, Vol. 4, Part E, 7.1, 7.5, 7.8). */
import { airTime, COMPANY, type Command, type CommandAnswer, type Host, VERSION } from "./command.ts";
import { connectionUpdated, dataLengthChange, encryptionChange, remoteFeatures, remoteVersion } from "./events.ts";
import { OPCODE, STATUS } from "./hci-codes.ts";
import type { Link } from "./link.ts";
import type { ConnectionParameters } from "./link-requests.ts";
import { addressText, readU16, u16 } from "./little-endian.ts";

const { success, unknownConnection, commandDisallowed, invalidParameters } = STATUS;

export const CONNECTION_COMMANDS: readonly (readonly [number, Command])[] = [
  [OPCODE.leCreateConnection, { length: 25, run: createConnection }],
  [OPCODE.leCreateConnectionCancel, { length: 0, run: cancelConnection }],
  [OPCODE.disconnect, started(3, (link) => link.lose(STATUS.localHost))],
  [OPCODE.leConnectionUpdate, { length: 14, run: updateConnection }],
  [
    OPCODE.leReadRemoteFeatures,
    started(2, ({ handle }, host) => host.send(remoteFeatures(handle, host.controller.features))),
  ],
  [OPCODE.readRemoteVersion, started(2, ({ handle }, host) => host.send(remoteVersion(handle, VERSION, COMPANY)))],
  // The peripheral has no keys.
  [
    OPCODE.leEnableEncryption,
    started(28, ({ handle }, host) => host.send(encryptionChange(handle, STATUS.keyMissing))),
  ],
  [OPCODE.readRssi, { length: 2, run: readRssi }],
  [OPCODE.leSetDataLength, { length: 6, run: setDataLength }],
];

/** A command that begins with a handle, and is answered before it is done. */
function started(length: number, begin: (link: Link, host: Host) => void): Command {
  return {
    length,
    run: (host, parameters) => {
      const link = host.link(readU16(parameters, 0));
      return link === undefined ? { status: unknownConnection } : { status: success, after: () => begin(link, host) };
    },
  };
}

function createConnection(host: Host, given: Uint8Array): CommandAnswer {
  const address = addressText(given.subarray(6, 12));
  const [addressType = 0, filterPolicy = 0] = [given[5], given[4]];
  const parameters = parametersAt(given, 13);
  if (filterPolicy !== 0) return { status: STATUS.unsupportedFeature };
  if (addressType > 1 || parameters === undefined) return { status: invalidParameters };
  if (host.connecting !== undefined) return { status: commandDisallowed };
  if (host.connections.some(({ peripheral }) => peripheral.address === address))
    return { status: STATUS.connectionExists };
  if (host.connections.length >= host.controller.connections) return { status: STATUS.connectionLimit };
  const wanted = { address, addressType: addressType === 1 ? "random" : "public", parameters } as const;
  return { status: success, after: () => host.want(wanted) };
}

function cancelConnection(host: Host): CommandAnswer {
  if (host.connecting === undefined) return { complete: [commandDisallowed] };
  return { complete: [success], after: () => host.cancelWanted() };
}

function updateConnection(host: Host, given: Uint8Array): CommandAnswer {
  const link = host.link(readU16(given, 0));
  if (link === undefined) return { status: unknownConnection };
  const parameters = parametersAt(given, 2);
  if (parameters === undefined) return { status: invalidParameters };
  return {
    status: success,
    after: () => {
      link.parameters = parameters;
      host.send(connectionUpdated(link.handle, parameters));
    },
  };
}

function readRssi(host: Host, given: Uint8Array): CommandAnswer {
  const handle = u16(readU16(given, 0));
  const link = host.link(readU16(given, 0));
  if (link === undefined) return { complete: [unknownConnection, ...handle, 0] };
  return { complete: [success, ...handle, link.peripheral.rssi & 0xff] };
}

function setDataLength(host: Host, given: Uint8Array): CommandAnswer {
  const [handle, wanted] = [readU16(given, 0), readU16(given, 2)];
  if (host.link(handle) === undefined) return { complete: [unknownConnection, ...u16(handle)] };
  // 7.8.33
  if (wanted < 0x001b || wanted > 0x00fb) return { complete: [invalidParameters, ...u16(handle)] };
  const octets = Math.min(wanted, host.controller.aclLength);
  const after = (): void => host.send(dataLengthChange(handle, octets, airTime(octets)));
  return { complete: [success, ...u16(handle)], after };
}

/** Smallest and largest interval, latency, supervision timeout (7.8.12). Undefined: they are not allowed, or contradict each other. */
function parametersAt(given: Uint8Array, at: number): ConnectionParameters | undefined {
  const [smallest, interval] = [readU16(given, at), readU16(given, at + 2)];
  const [latency, supervision] = [readU16(given, at + 4), readU16(given, at + 6)];
  const inRange = smallest >= 0x0006 && smallest <= interval && interval <= 0x0c80 && latency <= 0x01f3;
  const isRight = inRange && supervision >= 0x000a && supervision <= 0x0c80 && outlasts(supervision, interval, latency);
  return isRight ? { interval, latency, supervision } : undefined;
}

/** The timeout is longer than twice the time in which the peripheral must be heard: units of 10 ms and of 1.25 ms. */
function outlasts(supervision: number, interval: number, latency: number): boolean {
  return supervision * 8 > (1 + latency) * interval * 2;
}
