/** What the controller tells its host (Core Specification 5.4, Vol. 4, Part E, 7.7). */
import { eventPacket } from "./h4.ts";
import { EVENT, LE_EVENT } from "./hci-codes.ts";
import type { ConnectionParameters } from "./link-requests.ts";
import { addressBytes, u16 } from "./little-endian.ts";

/** How many commands the host may send: one after the other. */
const COMMANDS = 1;
/** Clock accuracy of 20 ppm, the best there is. */
const ACCURACY = 0x07;
const ROLE_CENTRAL = 0x00;

export interface Peer {
  readonly address: string;
  readonly addressType: "public" | "random";
}

/** `parameters`: the status, and what the command returns. */
export function commandComplete(opcode: number, parameters: readonly number[] | Uint8Array): Uint8Array {
  return eventPacket(EVENT.commandComplete, [COMMANDS, ...u16(opcode)], parameters);
}

export function commandStatus(opcode: number, status: number): Uint8Array {
  return eventPacket(EVENT.commandStatus, [status, COMMANDS, ...u16(opcode)]);
}

export function disconnectionComplete(handle: number, reason: number): Uint8Array {
  return eventPacket(EVENT.disconnectionComplete, [0, ...u16(handle), reason]);
}

export function encryptionChange(handle: number, status: number): Uint8Array {
  return eventPacket(EVENT.encryptionChange, [status, ...u16(handle), 0]);
}

export function hardwareError(code: number): Uint8Array {
  return eventPacket(EVENT.hardwareError, [code]);
}

/** Of LE links: ACL data. */
export function dataBufferOverflow(): Uint8Array {
  return eventPacket(EVENT.dataBufferOverflow, [0x01]);
}

export function completedPackets(handle: number, count: number): Uint8Array {
  return eventPacket(EVENT.numberOfCompletedPackets, [1, ...u16(handle), ...u16(count)]);
}

/** `version`: of the Link Layer, e.g. 0x0d for 5.4. */
export function remoteVersion(handle: number, version: number, company: number): Uint8Array {
  return eventPacket(EVENT.readRemoteVersionComplete, [0, ...u16(handle), version, ...u16(company), ...u16(0)]);
}

export function connectionComplete(handle: number, peer: Peer, parameters: ConnectionParameters): Uint8Array {
  return leEvent(LE_EVENT.connectionComplete, [
    ...[0, ...u16(handle), ROLE_CENTRAL, addressTypeCode(peer), ...addressBytes(peer.address)],
    ...[...parameterBytes(parameters), ACCURACY],
  ]);
}

/** Nothing but the status means anything then. */
export function connectionFailed(status: number): Uint8Array {
  return leEvent(LE_EVENT.connectionComplete, [status, ...new Array<number>(17).fill(0)]);
}

export function connectionUpdated(handle: number, parameters: ConnectionParameters): Uint8Array {
  return leEvent(LE_EVENT.connectionUpdateComplete, [0, ...u16(handle), ...parameterBytes(parameters)]);
}

export function remoteFeatures(handle: number, features: Uint8Array): Uint8Array {
  return leEvent(LE_EVENT.readRemoteFeaturesComplete, [0, ...u16(handle), ...features]);
}

/** The same in both directions. */
export function dataLengthChange(handle: number, octets: number, time: number): Uint8Array {
  const one = [...u16(octets), ...u16(time)];
  return leEvent(LE_EVENT.dataLengthChange, [...u16(handle), ...one, ...one]);
}

/** Event_Type of an advertising report (Vol. 4, Part E, 7.7.65.2). */
export const REPORT = { connectable: 0x00, scannable: 0x02, "non-connectable": 0x03, scanResponse: 0x04 } as const;

/** `rssi`: in dBm. */
export function advertisingReport(type: number, peer: Peer, data: Uint8Array, rssi: number): Uint8Array {
  const header = [LE_EVENT.advertisingReport, 1, type, addressTypeCode(peer)];
  return eventPacket(EVENT.leMeta, header, addressBytes(peer.address), [data.length], data, [rssi & 0xff]);
}

export function addressTypeCode({ addressType }: Pick<Peer, "addressType">): number {
  return addressType === "random" ? 1 : 0;
}

function parameterBytes({ interval, latency, supervision }: ConnectionParameters): readonly number[] {
  return [interval, latency, supervision].flatMap(u16);
}

function leEvent(subevent: number, parameters: readonly number[]): Uint8Array {
  return eventPacket(EVENT.leMeta, [subevent, ...parameters]);
}
