/** What devices say when they do not do it: Zephyr, "SMP Protocol Specification", minimal response; "MCUmgr", group errors. */
import { DeviceError, type FirmwareCondition, FirmwareError } from "../../../src/adapter.ts";
import type { SmpMap } from "./cbor.ts";
import { GROUP, IMAGE } from "./packet.ts";

export interface Refusal {
  /** The group whose error it is; absent: it is one of the protocol itself (version 1). */
  readonly group?: number;
  readonly code: number;
  /** In the device's own words. */
  readonly words?: string;
}

/** Errors of the protocol, by their numbers. */
const ERRORS = [
  ["EOK", "no error"],
  ["EUNKNOWN", "unknown error"],
  ["ENOMEM", "no room"],
  ["EINVAL", "something of the request is invalid"],
  ["ETIMEOUT", "it took too long"],
  ["ENOENT", "there is no such thing"],
  ["EBADSTATE", "its state does not allow it"],
  ["EMSGSIZE", "the answer is too large"],
  ["ENOTSUP", "it does not know the command"],
  ["ECORRUPT", "the data are damaged"],
  ["EBUSY", "it is busy"],
  ["EACCESSDENIED", "access denied"],
  ["UNSUPPORTED_TOO_OLD", "this version of the protocol is too old for it"],
  ["UNSUPPORTED_TOO_NEW", "this version of the protocol is too new for it"],
] as const;
const NO_MEMORY = 2;
const INVALID = 3;
const CORRUPT = 9;
const BUSY = 10;
export const NOT_SUPPORTED = 8;
const WRONG_VERSIONS: readonly number[] = [12, 13];

/** Errors of the image management group that say more than that it failed (Zephyr, img_mgmt.h). */
const IMAGE_ERRORS: ReadonlyMap<number, readonly [FirmwareCondition, string]> = new Map([
  [2, ["failed", "the layout of its flash cannot be read"]],
  [3, ["bad-image", "there is no image in the slot"]],
  [4, ["bad-image", "the image has no trailer (TLV)"]],
  [5, ["bad-image", "the image has an invalid trailer (TLV)"]],
  [6, ["bad-image", "the image has several hashes"]],
  [7, ["bad-image", "the image has a trailer (TLV) of a wrong size"]],
  [8, ["bad-image", "the image has no hash"]],
  [9, ["flash-full", "there is no free slot"]],
  [10, ["failed", "its flash cannot be opened"]],
  [11, ["failed", "its flash cannot be read"]],
  [12, ["failed", "its flash cannot be written"]],
  [13, ["failed", "its flash cannot be erased"]],
  [14, ["bad-image", "there is no such slot"]],
  [15, ["out-of-memory", "it has no memory left"]],
  [22, ["bad-image", "the image is shorter than a header"]],
  [23, ["bad-image", "the image begins with another magic number"]],
  [24, ["crc", "the hash is not that of the image"]],
  [25, ["bad-image", "the image is for another address of the flash"]],
  [27, ["bad-image", "what runs is newer"]],
  [28, ["busy", "another image waits to be started already"]],
  [29, ["bad-image", "the image has an invalid vector table"]],
  [30, ["flash-full", "the image is too large for the slot"]],
  [31, ["bad-image", "more came than the image was to have"]],
  [32, ["failed", "the confirmation is denied"]],
]);

/** What an answer says is wrong; undefined: nothing. */
export function refusalIn({ rc, rsn, err }: SmpMap): Refusal | undefined {
  if (typeof err === "object" && err !== null && "group" in err && "rc" in err) {
    const { group, rc: code } = err;
    if (typeof group === "number" && typeof code === "number" && code !== 0) return { group, code };
  }
  if (typeof rc !== "number" || rc === 0) return undefined;
  return typeof rsn === "string" ? { code: rc, words: rsn } : { code: rc };
}

/** Whether the device speaks another version of the protocol. */
export function isWrongVersion({ group, code }: Refusal): boolean {
  return group === undefined && WRONG_VERSIONS.includes(code);
}

/** The same as what the core knows. `asked`: what it was about. */
export function refused(
  refusal: Refusal,
  asked: { readonly group: number; readonly command: number; readonly name: string },
): DeviceError {
  const { condition, words } = meaningOf(refusal, asked);
  const message = `${asked.name}: the device refuses: ${words}`;
  return condition === undefined ? new SmpRefusal(refusal, message) : new FirmwareError(condition, message);
}

/** It refused, and why says nothing of the image. */
export class SmpRefusal extends DeviceError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super("rejected", message);
    this.name = "SmpRefusal";
    this.refusal = refusal;
  }
}

interface Meaning {
  readonly condition?: FirmwareCondition | undefined;
  readonly words: string;
}

function meaningOf({ group, code, words }: Refusal, asked: { group: number; command: number }): Meaning {
  if (group !== undefined) {
    const known = group === GROUP.image ? IMAGE_ERRORS.get(code) : undefined;
    if (known === undefined) return { words: `error ${code} of group ${group}` };
    return { condition: known[0], words: `${known[1]} (error ${code} of group ${group})` };
  }
  const [name, usual] = ERRORS[code] ?? [`error ${code}`, "an error of its own"];
  const isUpload = asked.group === GROUP.image && asked.command === IMAGE.upload;
  return { condition: conditionOf(code, isUpload), words: `${words ?? usual} (${name})` };
}

/** Of an upload, ENOMEM is that there is no slot for it (Mynewt), and EINVAL that the image is none, or too large for the slot. */
function conditionOf(code: number, isUpload: boolean): FirmwareCondition | undefined {
  switch (code) {
    case NO_MEMORY:
      return isUpload ? "flash-full" : "out-of-memory";
    case INVALID:
      return isUpload ? "bad-image" : undefined;
    case CORRUPT:
      return "crc";
    case BUSY:
      return "busy";
    default:
      return undefined;
  }
}
