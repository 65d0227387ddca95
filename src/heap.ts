/** Memory of a program that runs for years on a small machine: a little more work for V8, a lot less memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * The heap of each thread grows by half before it is collected. V8 takes the size of the machine's memory for leave to let it
 * grow fourfold: 90 MB of values then stand among 300 MB of what was values.
 */
export function growSlowly(): void {
  setFlagsFromString("--heap-growing-percent=50");
}

/**
 * All that is made is young at first. V8 watches which places in the program make what lives long, and from then on has them
 * make all of it in the old heap. A start makes a thousand devices by the same code that every message goes through later:
 * each read then left something in the old heap, which kept alive what it pointed to. A gateway whose start V8 saw so took half as
 * much time again for each read.
 */
export function beginYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}

/**
 * Gives back at once what this thread does not need: a start leaves garbage of the size of what it has built, and a program at
 * rest would keep that for hours. Takes some 50 ms in a heap of 30 MB.
 */
export function collect(): void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof gc === "function") gc({ type: "major", flavor: "last-resort" });
}
