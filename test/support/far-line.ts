/** A device of the adapter on a line without message boundaries, real ports and sockets, and a scripted far end of it. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { FRAMINGS } from "../../adapters/modbus/framing.ts";
import { modbus } from "../../adapters/modbus/index.ts";
import { asciiOptionsSchema, rtuOptionsSchema, rtuOverTcpOptionsSchema } from "../../adapters/modbus/options.ts";
import type { DeviceLink } from "../../src/adapter.ts";
import { SECOND } from "../../src/clock.ts";
import { DeviceError, type DeviceErrorKind } from "../../src/errors.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { aContext, bytes, pointsOf } from "./modbus-device.ts";
import { aPtyPair, type PtyPair } from "./pty-pair.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { asciiRequestLength, type LineBehaviour, rtuRequestLength, ScriptedLine } from "./scripted-line.ts";

export type LineKind = "RTU" | "ASCII" | "RTU over TCP";
export const LINE_KINDS: readonly LineKind[] = ["RTU", "ASCII", "RTU over TCP"];

const KEYS = { level: { input: 0x10, length: 4 }, valve: { holding: 1, write: true } };

export interface FarLine {
  readonly far: ScriptedLine;
  readonly device: DeviceLink;
  readonly clock: FakeClock;
  readonly pty: PtyPair | undefined;
  /** Resolves when the link is there, for the first time or again. */
  readonly opened: () => Promise<void>;
  /** The words of the log, without debug. */
  readonly logged: () => string[];
  /** The frame of a PDU in hexadecimal, of unit 1 where no other is named. */
  readonly frame: (pdu: string, unit?: number) => Uint8Array;
  /** The value of the only input, in hexadecimal; any silence of the line has passed before. */
  readonly level: () => Promise<string>;
  /** Resolves with the words of the failure of a read, after the timeout where that is needed. */
  readonly failure: (kind: DeviceErrorKind) => Promise<string>;
}

/** Undefined, the test being skipped, where no pseudo-terminals can be had. */
export async function aFarLine(
  t: TestContext,
  kind: LineKind,
  { echo = "auto", folder }: { readonly echo?: boolean | "auto"; readonly folder?: string } = {},
): Promise<FarLine | undefined> {
  const framing = kind === "ASCII" ? FRAMINGS.ascii : FRAMINGS.rtu;
  const far = new ScriptedLine(kind === "ASCII" ? asciiRequestLength : rtuRequestLength);
  const pty = kind === "RTU over TCP" ? undefined : await aPtyPair(t, folder);
  if (kind !== "RTU over TCP" && pty === undefined) return undefined;
  if (pty !== undefined) await far.onPort(t, pty.theirs);
  const options = await optionsOf(t, kind, { far, pty, echo });
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const link = await modbus.open(options, aContext({ clock, log: recordingLogger(lines) }));
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  let reachable = false;
  const onReachable = (now: boolean): void => {
    reachable = now;
  };
  const device = await link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable });
  const opened = async (): Promise<void> => {
    const end = performance.now() + 10 * SECOND;
    while (!reachable) {
      assert.ok(performance.now() < end, "the line does not open");
      // An attempt takes real time, the pause before the next one the clock's: a busy machine gets a second of the one before
      // five of the other end the attempt.
      const turn = performance.now() + SECOND / 5;
      while (!reachable && performance.now() < turn) await settle();
      if (!reachable) await clock.advance(SECOND);
    }
  };
  await opened();
  const level = async (): Promise<string> => {
    await clock.advance(5 * SECOND);
    const { readings, refused } = await device.read(["level"]);
    const value = readings[0]?.value;
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : (refused[0]?.reason ?? "");
  };
  const failure = async (kind: DeviceErrorKind): Promise<string> => {
    await clock.advance(5 * SECOND);
    const asked = far.requests.length + 1;
    const reading = device.read(["level"]).catch((error: unknown) => error);
    await far.received(asked);
    await clock.advance(SECOND);
    const error = await reading;
    assert.ok(error instanceof DeviceError && error.kind === kind, String(error));
    return error.message;
  };
  const logged = (): string[] => lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  return {
    far,
    device,
    clock,
    pty,
    logged,
    opened,
    level,
    failure,
    frame: (pdu, unit = 1) => framing.frame(unit, bytes(pdu)),
  };
}

async function optionsOf(
  t: TestContext,
  kind: LineKind,
  {
    far,
    pty,
    echo,
  }: { readonly far: ScriptedLine; readonly pty: PtyPair | undefined; readonly echo: boolean | "auto" },
) {
  const common = { timeout: "1s", retries: 0, echo };
  switch (kind) {
    case "RTU":
      return rtuOptionsSchema.parse({ port: pty?.ours, line: "9600-8N1", ...common });
    case "ASCII":
      return asciiOptionsSchema.parse({ port: pty?.ours, line: "9600-7E1", ...common });
    case "RTU over TCP":
      return rtuOverTcpOptionsSchema.parse({ host: "127.0.0.1", port: await far.onTcp(t), ...common });
  }
}

/** Sends these, one after the other. */
export function answering(...all: readonly Uint8Array[]): LineBehaviour {
  return (_request, send) => all.forEach(send);
}
