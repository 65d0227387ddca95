/** What is written to a characteristic: bytes, and among them the value. */
import { z } from "zod";
import { bytesOfHex, noHex } from "./keys.ts";

/** What is sent, piece by piece. */
export type Command = readonly (Uint8Array | typeof VALUE)[];

const VALUE = "value";
const HOLE = /\{\s*value\s*\}/;

/** `33 01 {value}` */
export const commandSchema = z.string().transform((text, context): Command => {
  const pieces = text.split(HOLE).map(bytesOfHex);
  if (pieces.every((piece) => piece !== undefined) && text.trim() !== "")
    return pieces.flatMap((piece, i) => [
      ...(i === 0 ? [] : ([VALUE] as const)),
      ...(piece.length === 0 ? [] : [piece]),
    ]);
  context.addIssue({ code: "custom", message: noHex(text) });
  return z.NEVER;
});

export function takesValue(command: Command): boolean {
  return command.includes(VALUE);
}

export function filledIn(command: Command, value: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat(command.map((piece) => (piece === VALUE ? value : piece))));
}
