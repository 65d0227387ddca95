/**
 * Reports in a format without times. What is told there is taken for what is so now, which of a device that is away nobody knows:
 * formats with times repeat its last value with the time at which it was measured.
 */
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";

/**
 * What can be told without times: an instance in which a value is held is left out as a whole, lest the server takes it for one
 * that has lost resources; unless something in it is news, such as the quality that says not to believe the rest.
 */
export function tellableUntimed(samples: readonly Sample[], triggered: readonly Path[]): readonly Sample[] {
  const held = samples.filter((sample) => sample.held === true);
  if (held.length === 0) return samples;
  const left = new Set(held.map(({ path }) => instanceOf(path)));
  for (const path of triggered) left.delete(instanceOf(path));
  return samples.filter(({ path }) => !left.has(instanceOf(path)));
}

function instanceOf(path: Path): Path {
  const { prefix, object, instance } = pathParts(path);
  return object === undefined || instance === undefined ? path : makePath({ prefix, object, instance });
}
