/** A port that vanished while nobody spoke: the system does not always tell before the next byte is sent. */
import { stat } from "node:fs/promises";
import { type Clock, DeviceError, type Millis, SECOND } from "../../src/adapter.ts";

const LOOK_EVERY: Millis = 5 * SECOND;

/**
 * Looks every few seconds whether the path still leads to the port that was opened; `onGone` is called once where it does not.
 * A USB adapter that is pulled out takes its name with it. Returns what ends it.
 */
export async function watchPort(path: string, clock: Clock, onGone: (error: DeviceError) => void): Promise<() => void> {
  const opened = await identityOf(path);
  let cancel = (): void => {};
  let over = false;
  const look = async (): Promise<void> => {
    const now = await identityOf(path);
    if (over) return;
    if (now === opened) plan();
    else
      onGone(
        new DeviceError(
          "unreachable",
          `the port ${path} is gone: ${now === undefined ? "its name is" : "another device has its name"}`,
        ),
      );
  };
  const plan = (): void => {
    cancel = clock.at(clock.monotonic() + LOOK_EVERY, () => void look());
  };
  plan();
  return () => {
    over = true;
    cancel();
  };
}

/** Which device a path leads to; undefined: to none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, rdev } = await stat(path);
    return `${dev} ${ino} ${rdev}`;
  } catch {
    return undefined;
  }
}
