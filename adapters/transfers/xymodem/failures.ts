/** Why a receiver did not get a file, in words. */
import { DeviceError, FirmwareError, formatDuration, type Millis } from "../../../src/adapter.ts";
import type { SenderSettings } from "./sender-settings.ts";

/** What is sent, in this order; for people. */
export const STAGES = {
  header: "name and size",
  data: "a block",
  end: "the end of the file",
  closing: "the end of the batch",
} as const;
export type Stage = keyof typeof STAGES;

export function unacknowledged(name: string, tries: number, timeout: Millis): string {
  return `the device does not acknowledge ${name}${times(tries)}: nothing within ${formatDuration(timeout)}`;
}

export function refused(name: string, tries: number): string {
  return `the device refuses ${name}${times(tries)}: it says each time that it came damaged`;
}

export function uninvited({ protocol, startTimeout }: SenderSettings, heard: string): string {
  const name = protocol === "ymodem" ? "YMODEM" : "XMODEM";
  const instead = heard === "" ? "nothing came" : `what came last: ${JSON.stringify(heard)}`;
  return `the device does not ask for a file by ${name} within ${formatDuration(startTimeout)}; ${instead}`;
}

/** CAN says no reason; when it comes, and that it comes there again, says some of it. */
export function cancelledIn(
  stage: Stage,
  { offset, again }: { readonly offset: number; readonly again: boolean },
): DeviceError {
  switch (stage) {
    case "header":
      // All that it knows is how long the file is, and its name.
      return new FirmwareError("flash-full", "the device cancelled when it had heard name and size of the file");
    case "end":
    case "closing":
      return new FirmwareError("bad-image", "the device cancelled when it had the whole file");
    case "data":
      return cancelledAt(offset, again);
  }
}

/** Once may be a damaged answer, after which it lost count. Twice at one place is no chance: it is the image, or its room. */
function cancelledAt(offset: number, again: boolean): DeviceError {
  const what =
    offset === 0 ? "the device cancelled at the first block" : `the device cancelled when it had ${offset} bytes`;
  if (!again) return new DeviceError("rejected", what);
  return new FirmwareError(offset === 0 ? "bad-image" : "flash-full", `${what}, as it did before`);
}

function times(tries: number): string {
  return tries === 1 ? "" : `, sent ${tries} times`;
}
