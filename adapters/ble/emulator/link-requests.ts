/** What a central says on the channels beside ATT: it hears that the peripheral does not pair, and knows no more. */
import { u16 } from "./little-endian.ts";

/** Signalling commands (Core Specification 5.4, Vol. 3, Part A, 4). */
const SIGNAL = { reject: 0x01, parameterUpdateRequest: 0x12, parameterUpdateResponse: 0x13 } as const;
const NOT_UNDERSTOOD = 0x0000;
/** Security Manager (Vol. 3, Part H, 3.5). */
const SECURITY = { pairingRequest: 0x01, pairingFailed: 0x05 } as const;
const PAIRING_NOT_SUPPORTED = 0x05;

/** The answer to a command of the signalling channel; undefined: it is an answer itself. */
export function signalAnswer(payload: Uint8Array): Uint8Array | undefined {
  const [code = 0, identifier = 0] = payload;
  // Answers have odd codes, but for the request to update parameters, which a peripheral never gets.
  if (payload.length < 4 || code === SIGNAL.reject || code === SIGNAL.parameterUpdateResponse) return undefined;
  return Uint8Array.from([SIGNAL.reject, identifier, ...u16(2), ...u16(NOT_UNDERSTOOD)]);
}

export function pairingAnswer(payload: Uint8Array): Uint8Array | undefined {
  return payload[0] === SECURITY.pairingRequest
    ? Uint8Array.of(SECURITY.pairingFailed, PAIRING_NOT_SUPPORTED)
    : undefined;
}

/** How a connection runs, in the units of HCI: 1.25 ms, events, 10 ms. */
export interface ConnectionParameters {
  readonly interval: number;
  readonly latency: number;
  readonly supervision: number;
}

/** The peripheral asks for other parameters (Vol. 3, Part A, 4.20). */
export function parameterUpdateRequest({ interval, latency, supervision }: ConnectionParameters): Uint8Array {
  const data = [interval, interval, latency, supervision].flatMap(u16);
  return Uint8Array.from([SIGNAL.parameterUpdateRequest, 1, ...u16(data.length), ...data]);
}
