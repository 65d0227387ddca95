/** A Radio with its real process, on the machine's clock. */
import type { TestContext } from "node:test";
import type { Backend } from "../../adapters/ble/options.ts";
import { openRadio } from "../../adapters/ble/radio/open-radio.ts";
import type { Advertisement, RadioState } from "../../adapters/ble/radio/radio.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";

/** Something that whoever waits for it is told: now, or when it comes. */
class Told<T> {
  private readonly all: T[] = [];
  private readonly waiting = new Set<(one: T) => void>();

  push(one: T): void {
    this.all.push(one);
    for (const look of [...this.waiting]) look(one);
  }

  /** The newest that there was counts where it fits, else the first that comes. */
  next(fits: (one: T) => boolean): Promise<T> {
    const newest = this.all.at(-1);
    if (newest !== undefined && fits(newest)) return Promise.resolve(newest);
    return new Promise((resolve) => {
      const look = (one: T): void => {
        if (!fits(one)) return;
        this.waiting.delete(look);
        resolve(one);
      };
      this.waiting.add(look);
    });
  }
}

/** It is closed when the test ends. */
export async function aRadio(t: TestContext, backend: Backend) {
  const states = new Told<RadioState>();
  const advertisements = new Told<Advertisement>();
  const radio = await openRadio(
    { backend },
    { onState: (state) => states.push(state), onAdvertisement: (advertisement) => advertisements.push(advertisement) },
    { clock: systemClock, random: systemRandom, log: silentLogger },
  );
  t.after(() => radio.close());
  return {
    radio,
    ready: () => states.next(({ state }) => state === "ready"),
    heard: (fits: (advertisement: Advertisement) => boolean) => advertisements.next(fits),
    unavailable: async (reason: RegExp): Promise<string> => {
      const state = await states.next((one) => one.state === "unavailable" && reason.test(one.reason));
      return state.state === "unavailable" ? state.reason : "";
    },
  };
}
