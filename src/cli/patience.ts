import { SECOND, systemClock } from "../clock.ts";

/** Whoever looks at a terminal is told what is waited for, once it takes a while. Standard output stays what it is. */
export async function withWords<T>(waitingFor: string, work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work;
  const began = systemClock.monotonic();
  let said = false;
  let cancel = (): void => {};
  const again = (): void => {
    cancel = systemClock.at(systemClock.monotonic() + SECOND, () => {
      said = true;
      process.stderr.write(`\r${waitingFor}: ${Math.round((systemClock.monotonic() - began) / SECOND)} s`);
      again();
    });
  };
  again();
  try {
    return await work;
  } finally {
    cancel();
    if (said) process.stderr.write("\r\u001b[K");
  }
}
