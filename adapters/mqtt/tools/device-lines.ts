/** Lines for `devices:` of config.yaml, for what was found on a broker. */
import { commentText, flowMap, idOf, type KnownMapping, yamlText } from "../../../src/adapter.ts";
import { OTHER_TOPICS } from "./families/tasmota.ts";
import type { FoundDevice } from "./found-devices.ts";
import { suggestedMapping } from "./suggested-mapping.ts";

export interface DeviceLine {
  readonly device: FoundDevice;
  /** Absent: there is none for what the device has, and the line says MAPPING. */
  readonly mapping?: string | undefined;
  readonly id: string;
  readonly line: string;
}

/** `link`: of the configuration. */
export function deviceLines(
  devices: readonly FoundDevice[],
  mappings: readonly KnownMapping[],
  link: string,
): readonly DeviceLine[] {
  const taken = new Set<string>();
  return devices.flatMap((device) => {
    const { mapping, params } = suggestedMapping(device, mappings) ?? { mapping: undefined, params: [device.facts] };
    return params.map((each) => {
      const id = idOf(device.name ?? device.key, taken);
      const entry = flowMap([
        ["id", yamlText(id)],
        ["mapping", mapping ?? "MAPPING"],
        ["link", yamlText(link)],
        ...Object.entries(each).map(([name, value]): [string, string] => [name, valueText(value)]),
      ]);
      return { device, mapping, id, line: `- ${entry}${noteOf(device, mapping)}` };
    });
  });
}

/** `true` and numbers are themselves: the parameter's type takes them as what they are. */
function valueText(value: string): string {
  return /^(?:true|false|\d{1,9})$/.test(value) ? value : yamlText(value);
}

function noteOf({ family, model, traits }: FoundDevice, mapping: string | undefined): string {
  const parts = [
    mapping === undefined ? family : undefined,
    model,
    traits.has(OTHER_TOPICS) ? "its full topic is not the usual one" : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "" : `  # ${commentText(parts.join(", "))}`;
}
