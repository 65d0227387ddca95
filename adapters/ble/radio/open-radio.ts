/**
 * A Radio whose stack runs in a process of its own: whatever becomes of that, the daemon runs on. It is started anew where it ends,
 * hangs, or says what makes no sense.
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { AdapterContext } from "../../../src/adapter.ts";
import { type ChildListener, ChildOfOurs, type StackProcess } from "./child-process.ts";
import type { Radio, RadioListener, RadioOptions } from "./radio.ts";
import { RadioHost } from "./radio-host.ts";

/** Opens the adapter, or starts to: its state comes by the listener. */
export async function openRadio(
  options: RadioOptions,
  listener: RadioListener,
  context: AdapterContext,
): Promise<Radio> {
  const start = (of: ChildListener): StackProcess => new ChildOfOurs(stackProgram(), of, context);
  const host = new RadioHost({ options, start }, listener, context);
  host.start();
  return host;
}

/** A .ts file where the sources run as they are and a .js file after the build, like this one. */
function stackProgram(): string {
  return fileURLToPath(new URL(`./child/stack-process${extname(import.meta.url)}`, import.meta.url));
}
