/** A history as an outage leaves it: so many samples of each device wait, one a second. Written by the real store. */
import { SECOND, systemClock, type UnixMillis } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { openStore } from "../../src/store/store.ts";

/** How many samples are written before the disk is waited for. */
const AT_ONCE = 100_000;

export interface Waiting {
  /** Short Server ID. */
  readonly server: number;
  /** Each is observed by itself. */
  readonly paths: readonly string[];
  /** Of each path. */
  readonly samples: number;
  /** Of the first of each, whole seconds. */
  readonly since: UnixMillis;
}

/** Fills the history of a state directory, which is made where it is missing. */
export async function fillHistory(directory: string, { server, paths, samples, since }: Waiting): Promise<void> {
  const store = await openStore({ directory, log: silentLogger });
  const history = await store.openHistory({ clock: systemClock });
  const sources = paths.map((text) => {
    const path = parsePath(text);
    return { id: observationId(server, [path]), path };
  });
  let written = 0;
  for (let i = 0; i < samples; i++) {
    for (const { id, path } of sources) {
      const value = Math.fround(20 + ((i * 7 + written) % 100) / 7);
      history.append(id, { samples: [{ path, value, time: since + i * SECOND }], confirmable: true }, samples);
    }
    written += sources.length;
    if (written % AT_ONCE < sources.length) await history.flush();
  }
  await history.flush();
  await store.close();
}
