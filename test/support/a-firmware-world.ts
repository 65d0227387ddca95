/** Object 5 of some devices and their jobs over a real database and real files, on a clock that a test moves; each is one process. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SECOND } from "../../src/clock.ts";
import type { Downloader } from "../../src/firmware/download.ts";
import { FirmwareEngine, type FirmwareEngineOptions } from "../../src/firmware/engine.ts";
import { ImageFiles } from "../../src/firmware/image-files.ts";
import type { Images, IncomingImage, StoredImage } from "../../src/firmware/images.ts";
import { KeptFirmwares } from "../../src/firmware/kept-firmware.ts";
import type { FirmwareTarget } from "../../src/firmware/target.ts";
import { DeviceFirmware } from "../../src/gateway/firmware/device-firmware.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { loadFirmware, saveFirmware } from "../../src/store/firmware-table.ts";
import { GatewayFile } from "../../src/store/gateway-file.ts";
import { type FakeClock, fakeRandom, settleUntil } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export interface FirmwareWorld {
  readonly engine: FirmwareEngine;
  readonly kept: KeptFirmwares;
  readonly lines: LogLine[];
  /** State and result of object 5 as servers see them change, e.g. "meter-1 3/0". */
  readonly told: string[];
  of(device: string): DeviceFirmware;
  /** A server writes it, e.g. "5/0/11". */
  write(device: string, resource: string, value: Value): Promise<void>;
  /** A server sends an image; resolves when it was looked at, and where the device is to have it first, at once. */
  push(device: string, bytes: Uint8Array): Promise<void>;
  /** Resolves when a server is answered. */
  execute(device: string): Promise<void>;
  /** Resolves when something came of it. */
  update(device: string): Promise<void>;
  cancel(device: string): Promise<void>;
  /** The disk takes its time from now on, until what it gives is called. */
  hold(): () => void;
  /** What a process after this one would find of a device, e.g. "2/0", "3/0 executed". */
  onDisk(device: string): string;
  /** As a kill ends it: what is on the disk stays, nothing more is written. */
  kill(): Promise<void>;
  /** As a stop ends it. */
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
  let held: Promise<void> | undefined;
  const [lines, told]: [LogLine[], string[]] = [[], []];
  const log = recordingLogger(lines);
  const store = {
    loadFirmware: async () => file.use(({ db }) => loadFirmware(db)),
    saveFirmware: async (row: Parameters<typeof saveFirmware>[1]): Promise<void> => {
      await held;
      if (isDead) await new Promise(() => {});
      file.use(({ db }) => saveFirmware(db, row));
    },
  };
  const kept = new KeptFirmwares({ store, clock, log });
  await kept.load();
  const engine = new FirmwareEngine({ clock, log, kept, random: fakeRandom(clock.monotonic() + 1), ...change });
  const definition = catalogue.find(5);
  assert.ok(definition !== undefined);
  const seen = new Map<string, string>();
  const look = (prefix: string): void => {
    const { state, result } = of(prefix).object.record;
    if (!isDead && seen.get(prefix) !== `${state}/${result}`) told.push(`${prefix} ${state}/${result}`);
    seen.set(prefix, `${state}/${result}`);
  };
  const context = {
    ...{ definition, clock, log, downloaders: [slowNetwork(clock)] },
    images: waitedFor(clock, new ImageFiles({ directory: join(directory, "firmware"), log })),
    onChange: look,
    onProgress: () => {},
  };
  const devices = new Map(
    targets.map(({ id, prefix, plan: { via, accept } }) => {
      const row = kept.of(id);
      const firmware = new DeviceFirmware({
        ...{ context, owner: id, prefix, via, kept: row },
        maxSize: accept.maxSize,
      });
      return [id, firmware];
    }),
  );
  const of = (device: string): DeviceFirmware => devices.get(device) ?? assert.fail(`no ${device}`);
  for (const target of targets) {
    await of(target.id).begin((own) => engine.jobsOf({ owner: target.id, target, ...own }));
    await settleUntil("it goes on", () => kept.of(target.id).value.job === undefined || isUnderWay(of(target.id)));
  }
  const write = async (device: string, resource: string, value: Value): Promise<void> => {
    await of(device).object.prepareWrite([{ path: parsePath(`/${device}/${resource}`), value }])();
  };
  const execute = (device: string, resource: number): Promise<void> =>
    of(device).object.execute(parsePath(`/${device}/5/0/${resource}`));
  const close = async (): Promise<void> => {
    await Promise.all([...devices.values()].map((firmware) => firmware.close()));
  };
  return {
    ...{ engine, kept, lines, told, of, write },
    // A device that is to have it first has it under way at the end.
    push: async (device, bytes) => {
      await write(device, "5/0/0", bytes);
      const { object } = of(device);
      await settleUntil(
        "it was looked at",
        () => object.record.state !== 1 || of(device).status().progress !== undefined,
      );
    },
    update: async (device) => {
      const before = told.length;
      await execute(device, 2);
      await settleUntil("something came of it", () => told.length > before);
    },
    execute: (device) => execute(device, 2),
    cancel: (device) => execute(device, 10),
    hold: () => {
      let letGo = (): void => {};
      held = new Promise((resolve) => {
        letGo = resolve;
      });
      return () => {
        held = undefined;
        letGo();
      };
    },
    onDisk: (device) => {
      const found = file.use(({ db }) => loadFirmware(db)).find(({ owner }) => owner === device);
      const { update, job } = JSON.parse(found?.content ?? "{}");
      const marked = job === undefined ? "" : job.executed === undefined ? " job" : " executed";
      return `${update?.state}/${update?.result}${marked}`;
    },
    kill: async () => {
      isDead = true;
      file.close();
      void close();
    },
    end: async () => {
      await close();
      await kept.flush();
      file.close();
    },
  };
}

/** Fetches 1000 bytes of 10 000 a second, and is never done. */
function slowNetwork(clock: FakeClock): Downloader {
  return {
    schemes: ["http"],
    protocols: [2],
    fetch: (_uri, _into, signal, hears) =>
      new Promise((resolve) => {
        let bytes = 0;
        const next = (): void => {
          if (signal.aborted) return;
          hears.onProgress(bytes, 10_000);
          bytes = Math.min(bytes + 1000, 9000);
          clock.at(clock.monotonic() + SECOND, next);
        };
        signal.addEventListener("abort", () => resolve());
        if (signal.aborted) resolve();
        next();
      }),
  };
}

function isUnderWay(firmware: DeviceFirmware): boolean {
  return firmware.status().progress !== undefined;
}

/** Time stands still while a file is read. */
function waitedFor(clock: FakeClock, images: Images): Images {
  let reads = 0;
  clock.busy = () => reads > 0;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    reads++;
    try {
      return await work;
    } finally {
      reads--;
    }
  };
  const wrapped = (image: StoredImage): StoredImage => ({
    file: image.file,
    size: image.size,
    sha256: image.sha256,
    ...(image.name === undefined ? {} : { name: image.name }),
    ...(image.version === undefined ? {} : { version: image.version }),
    read: (offset, length) => counted(image.read(offset, length)),
  });
  return {
    begin: async (owner, maxSize) => {
      const incoming = await images.begin(owner, maxSize);
      const finish: IncomingImage["finish"] = async (told) => wrapped(await incoming.finish(told));
      return new Proxy(incoming, {
        get: (target, key) => {
          const value: unknown = key === "finish" ? finish : Reflect.get(target, key);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
    resume: (owner, maxSize) => images.resume(owner, maxSize),
    open: async (owner) => {
      const image = await counted(images.open(owner));
      return image === undefined ? undefined : wrapped(image);
    },
    remove: (owner) => counted(images.remove(owner)),
  };
}
