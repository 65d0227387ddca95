/** What recorder.c recorded. */
import { endianness } from "node:os";

export type Operation =
  | { readonly type: "opened"; readonly file: number; readonly name: string; readonly creates: boolean }
  | { readonly type: "written"; readonly file: number; readonly offset: number; readonly data: Uint8Array }
  | { readonly type: "truncated"; readonly file: number; readonly length: number }
  | { readonly type: "synced" | "unlinked"; readonly file: number }
  | { readonly type: "renamed"; readonly file: number; readonly to: number; readonly name: string };

/** The operations in their order. Throws RangeError where the recording is not of this machine, or worth nothing. */
export function* operationsOf(recording: Buffer): Generator<Operation> {
  if (endianness() !== "LE") throw new RangeError("a recording is read on machines with little-endian numbers only");
  for (let at = 0; at < recording.length; ) {
    const type = recording.readUInt32LE(at);
    const file = recording.readUInt32LE(at + 4);
    const offset = Number(recording.readBigUInt64LE(at + 8));
    const end = at + HEADER + Number(recording.readBigUInt64LE(at + 16));
    const data = recording.subarray(at + HEADER, end);
    yield operationOf(type, file, offset, data);
    at = end;
  }
}

function operationOf(type: number, file: number, offset: number, data: Buffer): Operation {
  switch (type) {
    case 1:
      return { type: "opened", file, name: data.toString(), creates: (offset & O_CREAT) !== 0 };
    case 2:
      return { type: "written", file, offset, data };
    case 3:
      return { type: "truncated", file, length: offset };
    case 4:
      return { type: "synced", file };
    case 5:
      return { type: "unlinked", file };
    case 6:
      return { type: "renamed", file, to: offset, name: data.toString() };
    default:
      throw new RangeError(`the recorder does not follow what the process did: ${data.toString()}`);
  }
}

const HEADER = 24;
/** Of Linux, on all machines that Node runs on. */
const O_CREAT = 0o100;
