/** The jobs of some devices over a real database and real files, on a clock that a test moves; each start is one process. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { FirmwareEngine, type FirmwareEngineOptions } from "../../src/firmware/engine.ts";
import type { StoredImage } from "../../src/firmware/images.ts";
import { KeptFirmwares } from "../../src/firmware/kept-firmware.ts";
import type { FirmwareTarget } from "../../src/firmware/target.ts";
import type { UpdateEvent, UpdateRecord } from "../../src/lwm2m/firmware/firmware-update.ts";
import { loadFirmware, saveFirmware } from "../../src/store/firmware-table.ts";
import { GatewayFile } from "../../src/store/gateway-file.ts";
import { type FakeClock, fakeRandom } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export interface FirmwareWorld {
  readonly engine: FirmwareEngine;
  readonly kept: KeptFirmwares;
  readonly lines: LogLine[];
  /** What object 5 was told, e.g. "meter-1 updated". */
  readonly told: string[];
  /** An image on the disk, as the one of these devices. */
  store(bytes: Uint8Array, ...owners: readonly string[]): Promise<StoredImage>;
  /** In state Downloading it arrives. */
  arrives(device: string, bytes: Uint8Array): Promise<void>;
  set(device: string, change: Partial<UpdateRecord>): Promise<void>;
  /** As a kill ends it: what is on the disk stays, nothing more is written. */
  kill(): void;
  end(): Promise<void>;
}

export async function aFirmwareWorld(
  directory: string,
  clock: FakeClock,
  targets: readonly FirmwareTarget[],
  change: Partial<FirmwareEngineOptions> = {},
): Promise<FirmwareWorld> {
  const file = new GatewayFile(directory, () => {});
  file.use(({ devices }) => devices.assign(targets.map(({ id }) => ({ id }))));
  let isDead = false;
  const lines: LogLine[] = [];
  const told: string[] = [];
  const log = recordingLogger(lines);
  const kept = new KeptFirmwares({
    store: {
      loadFirmware: async () => file.use(({ db }) => loadFirmware(db)),
      saveFirmware: (row) =>
        isDead ? new Promise(() => {}) : Promise.resolve(file.use(({ db }) => saveFirmware(db, row))),
    },
    clock,
    log,
  });
  await kept.load();
  const set = (device: string, record: Partial<UpdateRecord>): Promise<void> => {
    const owner = kept.of(device);
    return owner.change({ update: { ...owner.value.update, ...record } });
  };
  const engine = new FirmwareEngine({
    clock,
    log,
    kept,
    random: fakeRandom(clock.monotonic() + 1),
    images: { open: async (owner) => opened(join(directory, `${owner}.bin`)) },
    tell: (device, event) => {
      if (isDead) return;
      told.push(`${device} ${event.type}${"result" in event ? ` ${event.result}` : ""}`);
      void set(device, recordOf(event));
    },
    ...change,
  });
  const world: FirmwareWorld = {
    engine,
    kept,
    lines,
    told,
    set,
    store: async (bytes, ...owners) => {
      for (const owner of owners) writeFileSync(join(directory, `${owner}.bin`), bytes);
      const image = await opened(join(directory, `${owners[0]}.bin`));
      if (image === undefined) throw new RangeError("it was just written");
      return image;
    },
    arrives: async (device, bytes) => {
      await set(device, { state: 1, result: 0 });
      await engine.take(device, await world.store(bytes, device));
    },
    kill: () => {
      isDead = true;
      file.close();
    },
    end: async () => {
      await engine.close();
      await kept.flush();
      world.kill();
    },
  };
  await Promise.all(targets.map((target) => engine.add(target)));
  return world;
}

/** What object 5 makes of it, in short. */
function recordOf(event: UpdateEvent): Partial<UpdateRecord> {
  switch (event.type) {
    case "downloaded":
      return { state: 2, result: 0, ...(event.version === undefined ? {} : { version: event.version }) };
    case "downloadFailed":
      return { state: 0, result: event.result };
    case "updating":
      return { state: 3, result: 0 };
    case "deferred":
      return { state: 2, result: 11 };
    case "updated":
      return { state: 0, result: 1 };
    case "updateFailed":
      return { state: event.kept ? 2 : 0, result: event.result };
    case "pushBegins":
    case "reset":
    case "pull":
    case "update":
    case "cancel":
    case "set":
      return {};
  }
}

async function opened(file: string): Promise<StoredImage | undefined> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return undefined;
  const bytes = await handle.readFile();
  await handle.close();
  return {
    file,
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest(),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
