/** Simulated devices at one master: they answer its requests, and say by themselves what their mappings call messages. */
import { type AdapterContext, type Millis, SECOND, type SimulatedDevice } from "../../../../src/adapter.ts";
import type { PlayedSession } from "../../../wires/played-port.ts";
import type { SpokenPoint } from "../points.ts";
import type { RequestSpec, SpokenDevice } from "../section.ts";
import { valueIn } from "../template.ts";
import { composed, valuesOf } from "./composed.ts";
import { type Faults, withFaults } from "./faults.ts";
import { type FoundRequest, RequestFinder } from "./requests.ts";

type Played = SimulatedDevice<SpokenDevice, SpokenPoint>;

/** How often a device says each of its messages. */
const SAID_EVERY: Millis = SECOND;

export class PlayedDevices implements PlayedSession {
  private readonly devices: readonly (readonly [Played, RequestFinder])[];
  private readonly faults: Faults;
  private readonly context: AdapterContext;
  private readonly send: (bytes: Uint8Array) => void;
  private readonly born: Millis;
  private readonly alarms = new Set<() => void>();

  constructor(devices: readonly Played[], faults: Faults, context: AdapterContext, send: (bytes: Uint8Array) => void) {
    this.devices = devices.map((device) => [device, new RequestFinder(device.device, widthsOf(device))] as const);
    this.faults = faults;
    this.context = context;
    this.send = send;
    this.born = context.clock.monotonic();
    if (devices.some(({ device }) => device.messages.size > 0)) this.sayLater();
  }

  push(chunk: Uint8Array): undefined {
    for (const [device, finder] of this.devices) for (const found of finder.push(chunk)) this.answer(device, found);
  }

  close(): void {
    for (const cancel of this.alarms) cancel();
    this.alarms.clear();
  }

  private answer(device: Played, { request, value }: FoundRequest): void {
    const taken = takeValue(device, request, value);
    const spec = taken ? request.answer : failureOf(request);
    if (spec === undefined) return;
    const isMeant = (source: SpokenPoint["source"]): boolean => source.kind === "request" && source.request === request;
    const values = taken ? valuesOf(device.points, isMeant, (id) => device.get(id)) : [];
    const bytes = composed(spec, values, device.device);
    if (bytes !== undefined) this.say(bytes);
    else
      this.context.log.warn({ code: "LG107", request: request.name }, "no answer could be made that its pattern takes");
  }

  private sayLater(): void {
    this.at(SAID_EVERY, () => {
      for (const [device] of this.devices) this.sayMessages(device);
      this.sayLater();
    });
  }

  private sayMessages(device: Played): void {
    for (const [name, spec] of device.device.messages) {
      const isMeant = (source: SpokenPoint["source"]): boolean => source.kind === "message" && source.name === name;
      const bytes = composed(
        spec,
        valuesOf(device.points, isMeant, (id) => device.get(id)),
        device.device,
      );
      if (bytes !== undefined) this.say(bytes);
    }
  }

  private say(bytes: Uint8Array): void {
    const { clock, random } = this.context;
    for (const { after, bytes: said } of withFaults(bytes, this.faults, clock.monotonic() - this.born, random)) {
      if (after === 0) this.send(said);
      else this.at(after, () => this.send(said));
    }
  }

  private at(after: Millis, task: () => void): void {
    const { clock } = this.context;
    const cancel = clock.at(clock.monotonic() + after, () => {
      this.alarms.delete(cancel);
      task();
    });
    this.alarms.add(cancel);
  }
}

/** How many bytes a value has, of requests that take the bytes of a resource. */
function widthsOf({ points }: Played): ReadonlyMap<RequestSpec, number> {
  const widths = new Map<RequestSpec, number>();
  for (const { part, write } of points.values()) {
    if (write?.request.send.value?.kind === "bytes" && part.kind === "bytes" && part.length !== undefined)
      widths.set(write.request, part.length);
  }
  return widths;
}

/** Whether the device takes what is written to the points of this request. */
function takeValue(device: Played, request: RequestSpec, bytes: Uint8Array): boolean {
  const { value: spelling } = request.send;
  const value = spelling === undefined ? "" : valueIn(bytes, spelling, device.device.charset);
  let taken = value !== undefined;
  for (const [id, { write }] of device.points) {
    if (write?.request !== request) continue;
    if (value === undefined || !device.set(id, write.when ?? value)) taken = false;
  }
  return taken;
}

/** The first of its words of failure. */
function failureOf({ failures: [first] }: RequestSpec): RequestSpec["answer"] {
  return first === undefined ? undefined : { matcher: first.matcher, fields: new Map(), only: new Map() };
}
