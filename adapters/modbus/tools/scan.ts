/** `scan modbus`: who answers on a wire, at which address, with which settings, and who that is. */
import {
  DeviceError,
  type KnownMapping,
  type Millis,
  type Tool,
  type ToolArguments,
  type ToolContext,
  table,
  WrongArguments,
} from "../../../src/adapter.ts";
import { until } from "../../wires/deadline.ts";
import { Silence } from "./ask.ts";
import { type Identity, identify, identityText } from "./identify.ts";
import { deviceLines, mappingsFor } from "./recognise.ts";
import { costOf, type ScanPlan, type Setting, scanPlan, settingArguments } from "./scan-plan.ts";
import { adviceOnSilence, typeOfWire } from "./silence-advice.ts";
import { type SunSpec, sunSpecAt } from "./sunspec.ts";
import { sunSpecMappings } from "./sunspec-lines.ts";
import { isSilence, type LinkOpener, openWire, type Wire } from "./wire.ts";

export function scan(opener: LinkOpener): Tool {
  return {
    summary: "Asks every address of a Modbus wire who is there; tells first how long that takes.",
    talks: true,
    options: {
      units: { type: "string", value: "LIST", help: "Addresses to ask, e.g. 1-32 or 1,5,10-20.", default: "1-247" },
      bauds: { type: "string", value: "LIST", help: "Baud rates to try on a serial port, e.g. 9600,19200." },
      parity: { type: "string", value: "LIST", help: "Parities to try on a serial port: n, e, o." },
      yes: { type: "boolean", help: "Does it on a link that a running gateway uses, whatever that costs its devices." },
    },
    async run(args, context) {
      const plan = scanPlan(args, context);
      for (const line of costOf(plan, context)) context.tell(line);
      const shared = context.link?.sharedWith ?? [];
      if (shared.length > 0 && !args.flag("yes")) {
        const devices = shared.length === 1 ? "1 device" : `${shared.length} devices`;
        throw new WrongArguments(
          `the running gateway polls ${devices} on link ${context.link?.id}: say --yes where that may suffer`,
        );
      }
      const found: Found[] = [];
      const asked = counter(plan, context);
      for (const setting of plan.settings) {
        if (context.signal.aborted) break;
        const scanning = { args: settingArguments(args, setting, plan), context, opener, asked };
        found.push(...(await scanSetting(setting, plan, scanning)));
      }
      return report(found, {
        plan,
        mappings: await context.mappings(),
        link: context.link?.id,
        type: typeOfWire(args, context.link),
        stopped: context.signal.aborted,
      });
    },
  };
}

export interface Found {
  readonly unit: number;
  readonly setting: Setting;
  readonly identity: Identity;
  readonly sunspec?: SunSpec;
  readonly took: Millis;
}

interface Scanning {
  readonly args: ToolArguments;
  readonly context: ToolContext;
  readonly opener: LinkOpener;
  /** One more was. */
  readonly asked: () => void;
}

function counter({ units, settings }: ScanPlan, { progress }: ToolContext): () => void {
  const [all, what] = [units.length * settings.length, settings.length === 1 ? "addresses" : "attempts"];
  let asked = 0;
  return () => {
    asked++;
    progress(() => `asked ${asked} of ${all} ${what}`);
  };
}

/** Silence on a line that is open takes as long as its timeout: what fails faster is the line itself. */
const AT_ONCE: Millis = 50;
/** Some devices hang up on who asks for an address that they do not have. */
const REOPENED: Millis = 1500;
const MOST_HANG_UPS = 2;

async function scanSetting(
  setting: Setting,
  { units }: ScanPlan,
  { args, context, opener, asked }: Scanning,
): Promise<readonly Found[]> {
  const wire = await openWire(args, context, opener);
  const found: Found[] = [];
  const hangUps: DeviceError[] = [];
  try {
    for (const unit of units) {
      if (context.signal.aborted) break;
      const answer = await askUnit(wire, unit, context);
      asked();
      if (answer === undefined) continue;
      if (answer instanceof DeviceError) {
        // Nothing went out, to nobody so far: there is no line.
        if (!(answer instanceof Silence) && found.length + hangUps.length === 0) throw answer;
        hangUps.push(answer);
        // The first one says why; later ones that the line rests.
        if (found.length === 0 && hangUps.length >= MOST_HANG_UPS) throw hangUps[0];
        await pause(context);
        continue;
      }
      found.push({ unit, setting, ...answer });
      context.tell(`unit ${unit}${setting.text === "" ? "" : ` at ${setting.text}`}: ${describe(answer)}`);
    }
  } finally {
    await wire.close();
  }
  return found;
}

/** A read of one register: whatever comes back, an exception too, somebody is there. */
const CHEAP_READ = Uint8Array.of(3, 0, 0, 0, 1);
/** What a gateway says of a unit that it does not reach (V1.1b3 §7). */
const NOBODY_BEHIND: readonly number[] = [0x0a, 0x0b];

/** Undefined: nobody answers. A DeviceError: there is no line to ask on. */
async function askUnit(
  wire: Wire,
  unit: number,
  { clock }: ToolContext,
): Promise<Omit<Found, "unit" | "setting"> | DeviceError | undefined> {
  const started = clock.monotonic();
  try {
    const { pdu, took } = await wire.transact(unit, CHEAP_READ);
    const [code = 0, exception = 0] = pdu;
    if (code & 0x80 && NOBODY_BEHIND.includes(exception)) return undefined;
    return { ...(await whoIs(wire, unit)), took };
  } catch (error) {
    if (isSilence(error)) return clock.monotonic() - started < AT_ONCE ? error : undefined;
    if (!(error instanceof DeviceError)) throw error;
    // It answered, if not as it should.
    return { ...(await whoIs(wire, unit)), took: clock.monotonic() - started };
  }
}

/** What it does not want to tell stays unknown; it is there. */
async function whoIs(wire: Wire, unit: number): Promise<Pick<Found, "identity" | "sunspec">> {
  const identity = await unlessDeviceError(() => identify(wire, unit), {});
  const sunspec = await unlessDeviceError(() => sunSpecAt(wire, unit), undefined);
  return { identity, ...(sunspec === undefined ? {} : { sunspec }) };
}

async function unlessDeviceError<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeviceError) return otherwise;
    throw error;
  }
}

async function pause({ clock, signal }: ToolContext): Promise<void> {
  try {
    await until(clock.monotonic() + REOPENED, clock, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function describe({ identity, sunspec }: Pick<Found, "identity" | "sunspec">): string {
  const known = [identityText(identity), ...(sunspec === undefined ? [] : [sunspec.text])].filter(
    (text) => text !== "",
  );
  return known.length === 0 ? "answers, and does not say who it is" : known.join("; ");
}

interface Outcome {
  readonly plan: ScanPlan;
  readonly mappings: readonly KnownMapping[];
  readonly link: string | undefined;
  readonly type: string;
  readonly stopped: boolean;
}

function report(found: readonly Found[], { plan, mappings, link, type, stopped }: Outcome) {
  const asked = stopped ? "stopped before the end; " : "";
  const rows = found.map(({ unit, setting, took, ...who }) => [
    String(unit),
    setting.text,
    `${Math.round(took)} ms`,
    describe(who),
  ]);
  const hasSettings = found.some(({ setting }) => setting.text !== "");
  const withoutLine = [["UNIT", "AFTER", "WHO"], ...rows.map(([unit = "", , ...others]) => [unit, ...others])];
  // With two settings a device may answer to both.
  const devices = [...new Set(found.flatMap((each) => deviceLines(each, mappings, link)))];
  return {
    lines: [
      "",
      `${asked}${found.length} of ${plan.units.length * plan.settings.length} ${plan.settings.length === 1 ? "addresses" : "attempts"} answered`,
      ...(found.length === 0 ? [] : table(hasSettings ? [["UNIT", "LINE", "AFTER", "WHO"], ...rows] : withoutLine)),
      ...(found.length === 0 && !stopped ? [`what to do: ${adviceOnSilence(type)}`] : []),
      ...(devices.length === 0 ? [] : ["", "for devices: of config.yaml", ...devices]),
    ],
    data: {
      stopped,
      asked: plan.units.length * plan.settings.length,
      found: found.map((each) => ({
        ...each,
        setting: each.setting.text,
        mappings: [...mappingsFor(each, mappings).map(({ name }) => name), ...sunSpecMappings(each.sunspec, mappings)],
      })),
    },
    ok: found.length > 0 && !stopped,
  };
}
