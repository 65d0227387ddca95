/** A serial link with its devices, and whoever is at the other end of the line: a pseudo-terminal or a TCP connection. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { serial } from "../../adapters/serial/index.ts";
import type { SpokenPoint, SpokenStep } from "../../adapters/spoken/stream/points.ts";
import type { DeviceLink, Link, PointId, RawValue, ReadResult } from "../../src/adapter.ts";
import { SECOND } from "../../src/clock.ts";
import { DeviceError } from "../../src/errors.ts";
import { FakeClock, fakeRandom, settleUntil } from "./fake-clock.ts";
import { aPtyPair, type PtyPair } from "./pty-pair.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { ScriptedLine } from "./scripted-line.ts";

export const SERIAL_KINDS = ["port", "TCP"] as const;
export type SerialKind = (typeof SERIAL_KINDS)[number];

export interface WorldOptions {
  /** More keys of the link. */
  readonly link?: Readonly<Record<string, unknown>>;
  readonly folder?: string;
}

export interface SerialWorld {
  readonly clock: FakeClock;
  readonly far: ScriptedLine;
  readonly link: Link;
  readonly log: LogLine[];
  /** The line, where it is a pseudo-terminal. */
  readonly pty: PtyPair | undefined;
  attach(section: object, points: Readonly<Record<PointId, object>>): Promise<AttachedSerial>;
}

export interface AttachedSerial {
  readonly device: DeviceLink<SpokenStep>;
  /** What it said by itself: values, and reasons why there is none. */
  readonly said: Record<PointId, unknown>[];
  /** Whether it can be reached, as it was told. */
  readonly reachable: (readonly [boolean, string | undefined])[];
  /** Reads, and is answered while no time passes: values, and reasons why there is none. */
  read(...points: readonly PointId[]): Promise<Readonly<Record<PointId, unknown>>>;
  /** Any silence of the line passes, then what is begun is done while no time passes. */
  done<T>(begin: () => Promise<T>): Promise<T>;
  /** The same for what fails, as kind and words of its DeviceError. */
  failure(begin: () => Promise<unknown>): Promise<string>;
  /** The same for what fails for want of answers to so many requests: each is sent, all has come, and time passes. */
  silence(requests: number, begin: () => Promise<unknown>, hasCome?: () => boolean): Promise<string>;
}

/** Undefined, the test being skipped, where there is no socat. */
export async function aSerialWorld(
  t: TestContext,
  kind: SerialKind,
  { link: keys = {}, folder }: WorldOptions = {},
): Promise<SerialWorld | undefined> {
  const pty = kind === "port" ? await aPtyPair(t, folder) : undefined;
  if (kind === "port" && pty === undefined) return undefined;
  const far = new ScriptedLine(requestLength);
  const at =
    pty === undefined
      ? { type: "serial-over-tcp", host: "127.0.0.1", port: await far.onTcp(t) }
      : { type: "serial", port: pty.ours, line: "9600-8N1" };
  if (pty !== undefined) await far.onPort(t, pty.theirs);
  const clock = new FakeClock();
  const log: LogLine[] = [];
  const { type, ...options } = at;
  const schema = serial.linkTypes[type] ?? assert.fail(type);
  const context = { clock, log: recordingLogger(log), random: fakeRandom(), linkId: "line" };
  const link = await serial.open(schema.parse({ retries: 0, gap: "0s", ...options, ...keys }), context);
  t.after(() => link.close());
  await settleUntil("the line", () => link.report?.().lines[0]?.open === true);
  const attach = (section: object, points: Readonly<Record<PointId, object>>): Promise<AttachedSerial> =>
    attachTo({ link, clock, far }, section, points);
  return { clock, far, link: link as Link, log, pty, attach };
}

interface Line {
  readonly link: Awaited<ReturnType<typeof serial.open>>;
  readonly clock: FakeClock;
  readonly far: ScriptedLine;
}

async function attachTo(
  { link, clock, far }: Line,
  section: object,
  points: Readonly<Record<PointId, object>>,
): Promise<AttachedSerial> {
  const parsed = serial.device.parse(section);
  const said: Record<PointId, unknown>[] = [];
  const reachable: (readonly [boolean, string | undefined])[] = [];
  const device = await link.attach(parsed, pointsOf(points, parsed), {
    onReadings: (readings, refused = []) => said.push(valuesOf({ readings, refused })),
    onReachable: (there, reason) => reachable.push([there, reason]),
  });
  const done = async <T>(begin: () => Promise<T>): Promise<T> => {
    await clock.advance(5 * SECOND);
    const promise = begin();
    let over = false;
    const end = (): void => {
      over = true;
    };
    promise.then(end, end);
    await settleUntil("an answer", () => over);
    return promise;
  };
  return {
    device,
    said,
    reachable,
    done,
    read: async (...ids) => valuesOf(await done(() => device.read(ids))),
    failure: (begin) => done(() => failureOf(begin())),
    silence: async (requests, begin, hasCome = () => true) => {
      await clock.advance(5 * SECOND);
      const sent = far.requests.length;
      const failed = failureOf(begin());
      for (let request = 1; request <= requests; request++) {
        await far.received(sent + request);
        await settleUntil("all has come", hasCome);
        // The time-out, and the silence behind it.
        await clock.advance(5 * SECOND);
      }
      return failed;
    },
  };
}

async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    return `it resolved: ${JSON.stringify(await promise)}`;
  } catch (error) {
    assert.ok(error instanceof DeviceError, String(error));
    return `${error.kind}: ${error.message}`;
  }
}

export function pointsOf(
  points: Readonly<Record<PointId, object>>,
  device: unknown,
): ReadonlyMap<PointId, SpokenPoint> {
  return new Map(Object.entries(points).map(([id, keys]) => [id, serial.point.parse({ ...keys, device })]));
}

/** Bytes as hexadecimal digits. */
function valuesOf({ readings, refused }: ReadResult): Record<PointId, unknown> {
  return Object.fromEntries([
    ...readings.map(({ point, value }) => [point, shown(value)]),
    ...refused.map(({ point, reason }) => [point, `(${reason})`]),
  ]);
}

function shown(value: RawValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

/** A line; where it holds no text, all that came at once. */
function requestLength(bytes: Buffer): number {
  const end = bytes.indexOf("\n");
  if (end >= 0) return end + 1;
  return bytes.every((byte) => byte < 0x80) ? Infinity : bytes.length;
}
