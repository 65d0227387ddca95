/** What bench:formats writes and reads: a hundred values, as ten devices report them, and as one device with ten sensors does. */
import { parsePath } from "../src/lwm2m/path.ts";
import type { Sample, Value } from "../src/lwm2m/sample.ts";

const NOW = 1_763_800_000_000;
const SECOND = 1000;
const TEN = 10;

/** By resource, the value of the n-th device or sensor: tenths and hundredths, as meters have them, have no short float. */
type Values = readonly (readonly [path: string, value: (nth: number) => Value])[];

const OF_A_DEVICE: Values = [
  ["3303/0/5700", (nth) => 21.37 + nth],
  ["3303/0/5701", () => "Cel"],
  ["3305/0/5800", (nth) => 1520.4 + nth * 11.3],
  ["3305/0/5805", (nth) => 48211.62 + nth * 7],
  ["3316/0/5700", (nth) => 230.1 + nth / 10],
  ["3317/0/5700", (nth) => 6.61 + nth / 100],
  ["3318/0/5700", () => 50],
  ["3306/0/5850", (nth) => nth % 2 === 0],
  ["3/0/9", (nth) => (nth === 0 ? 2n ** 62n : 100 - nth)],
  ["3/0/13", (nth) => NOW / SECOND + nth],
];

const OF_A_SENSOR: Values = [
  ["5700", (nth) => 21.37 + nth],
  ["5701", () => "Cel"],
  ["5750", (nth) => `room ${nth}`],
  ["5601", (nth) => 17.21 + nth],
  ["5602", (nth) => 30.09 + nth],
  ["5603", () => -40],
  ["5604", () => 125],
  ["5518", (nth) => NOW / SECOND + nth],
  ["6042", () => 0],
  ["6049", (nth) => 100 - nth],
];

/** A notification of ten devices: each value with a time of its own, to the millisecond. */
export const TEN_DEVICES = samples(OF_A_DEVICE, (nth, resource) => `/meter-${nth + 1}/${resource}`);
export const SENSORS_OF_ONE_DEVICE = parsePath("/meter-1/3303");
/** As many values of one object of one device: TLV has no names for more. */
export const TEN_SENSORS = samples(OF_A_SENSOR, (nth, resource) => `${SENSORS_OF_ONE_DEVICE}/${nth}/${resource}`);

function samples(values: Values, pathOf: (nth: number, resource: string) => string): readonly Sample[] {
  return Array.from({ length: TEN }, (_, nth) =>
    values.map(([resource, value], i) => ({
      path: parsePath(pathOf(nth, resource)),
      value: value(nth),
      time: NOW + nth * 137 + i * 8,
    })),
  ).flat();
}
