/** What is odd about a serial port of this machine, each a sentence for whoever stands at it. */
import { isNumbered, latencyTimer, type SystemFolders, stableNameOf } from "./serial-names.ts";

/** More than this and the adapter waits longer than a device thinks. */
const BEST_LATENCY = 1;

/** `system`: where the machine is looked at, for tests. */
export async function portAdvice(port: string, system?: SystemFolders): Promise<readonly string[]> {
  const [stable, latency] = [await stableNameOf(port, system), latencyNote(port, await latencyTimer(port, system))];
  const advice: string[] = [];
  if (isNumbered(port)) {
    const instead = stable === undefined ? "a name under /dev/serial/by-id" : stable;
    advice.push(`${port} may be another adapter after the next start or plugging in; use ${instead}`);
  }
  return latency === undefined ? advice : [...advice, latency];
}

/** What to do about an FTDI adapter that holds back what it received; undefined: nothing. */
export function latencyNote(port: string, timer: number | undefined): string | undefined {
  if (timer === undefined || timer <= BEST_LATENCY) return undefined;
  return `the adapter of ${port} holds every answer back for up to ${timer} ms (latency_timer); 1 ms is best, see "USB adapters" in docs/modbus.md`;
}
