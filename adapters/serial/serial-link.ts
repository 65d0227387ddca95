/** A link of the configuration: one line, and the devices on it. */
import type { AdapterContext, Ask, DeviceListener, Link, LinkReport, PointId } from "../../src/adapter.ts";
import { SpokenDeviceLink } from "../spoken/stream/device-link.ts";
import type { SpokenPoint, SpokenStep } from "../spoken/stream/points.ts";
import type { SpokenDevice } from "../spoken/stream/section.ts";
import { portLeft } from "../wires/serial-port.ts";
import { SerialDeviceLink } from "./device-link.ts";
import { SerialLine } from "./line.ts";
import type { SerialOptions } from "./options.ts";
import { askOn } from "./tools/ask.ts";

export class SerialLink implements Link<SpokenDevice, SpokenPoint, SpokenStep> {
  private readonly options: SerialOptions;
  private readonly context: AdapterContext;
  private readonly line: SerialLine;
  private readonly devices = new Set<SpokenDeviceLink>();
  private units = 0;
  readonly ask: Ask;

  constructor(options: SerialOptions, context: AdapterContext) {
    this.options = options;
    this.context = context;
    this.line = new SerialLine(options, context);
    this.ask = askOn(this.line, context.clock);
    this.line.start();
  }

  async attach(
    device: SpokenDevice,
    points: ReadonlyMap<PointId, SpokenPoint>,
    listener: DeviceListener,
  ): Promise<SerialDeviceLink> {
    const attached = { device, points, unit: this.units++, retries: this.options.retries };
    const speaker = new SpokenDeviceLink(this.line, attached, listener, this.context);
    this.devices.add(speaker);
    speaker.onClose(() => this.devices.delete(speaker));
    return new SerialDeviceLink(speaker, this.line, this.context);
  }

  report(): LinkReport {
    const notes = junkNotes([...this.devices].map(({ junk }) => junk));
    return { lines: [this.line.report()], ...(notes.length === 0 ? {} : { notes }) };
  }

  async close(): Promise<void> {
    this.line.close();
    if (this.options.transport === "port") await portLeft(this.options.port);
  }
}

/** Several devices hear the same line: what none of them understood is what the best of them did not. */
function junkNotes(junk: readonly SpokenDeviceLink["junk"][]): readonly string[] {
  const [first, ...others] = junk;
  if (first === undefined) return [];
  const least = (of: (one: SpokenDeviceLink["junk"]) => number): number => Math.min(of(first), ...others.map(of));
  const damaged = least((one) => one.damaged);
  const unknown = least((one) => one.unknown);
  const bytes = least((one) => one.bytes);
  return [
    ...(damaged === 0 ? [] : [`${damaged} frames had a wrong checksum`]),
    ...(unknown === 0 ? [] : [`${unknown} frames were none that the mapping knows`]),
    ...(bytes === 0 ? [] : [`${bytes} bytes were part of no frame`]),
  ];
}
