import { Device } from "../../src/devices/device.ts";
import type { DeviceState } from "../../src/devices/device-status.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import { makePath, type PathParts } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import type { ResourceSource } from "../../src/mapping/plan-types.ts";
import { aPlan, definitionOf, type PlanOptions } from "./device-plan.ts";
import { FakeClock, fakeRandom } from "./fake-clock.ts";
import { FakeDevice, fakeLink } from "./fake-device.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

/** A running device of the core over a fake one, and everything that it tells. */
export function aDevice(resources: Readonly<Record<string, ResourceSource>>, options: PlanOptions = {}) {
  const clock = new FakeClock();
  const fake = new FakeDevice(clock);
  const lines: LogLine[] = [];
  const batches: (readonly Sample[])[] = [];
  const states: DeviceState[] = [];
  const link = fakeLink(new Map([["meter-1", fake]]));
  const openLink = async () => link;
  const device = new Device(
    {
      plan: aPlan(resources, { ...options, device: "meter-1" }),
      prefix: "meter-1",
      deviceObject: definitionOf(3),
      openLink,
      clock,
      random: fakeRandom(),
      log: recordingLogger(lines),
    },
    {
      onSamples: (_device, samples) => batches.push(samples),
      onStateChange: (_device, state) => states.push(state),
    },
  );
  const tree = new ModelTree(device.backing);
  const path = (object: number, instance: number, resource: number): Path => onDevice({ object, instance, resource });
  /** The values of a read, by their paths without the prefix. */
  const read = async (at: Path): Promise<Record<string, Value>> => byPath(await tree.read(at));
  const said = (): Record<string, Value> => byPath(batches.flat());
  return { clock, fake, device, tree, lines, batches, states, path, read, said };
}

export function onDevice(parts: Omit<PathParts, "prefix">): Path {
  return makePath({ ...parts, prefix: "meter-1" });
}

function byPath(samples: readonly Sample[]): Record<string, Value> {
  return Object.fromEntries(samples.map(({ path, value }) => [path.replace("/meter-1/", ""), value]));
}
