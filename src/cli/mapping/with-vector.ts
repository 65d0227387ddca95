/** A first vector for a mapping that has none: what a device of it could say, and what becomes of that. */
import type { Reading } from "../../adapter.ts";
import type { UnixMillis } from "../../clock.ts";
import { vectorLines } from "../../mapping/captured.ts";
import { exampleDevice } from "../../mapping/example-device.ts";
import type { PreparedMapping } from "../../mapping/prepare.ts";
import { MARK } from "./skeleton-dialects.ts";

/** The text with a `test:` at its end; as it is where it has one, or has no value that could be tested. */
export function withVector(text: string, prepared: PreparedMapping): string {
  const { file, adapter } = prepared;
  if (file.tests.length > 0) return text;
  const device = exampleDevice(prepared, () => {});
  if (device === undefined) return text;
  const readings = [...device.plan.resources.values()].flatMap(({ point, source }, i): Reading[] => {
    if (source.kind !== "point" || !source.readable || source.simulate === undefined) return [];
    return [{ point, value: source.simulate(i + 1)(SOME_DAY), time: SOME_DAY }];
  });
  if (readings.length === 0) return text;
  const lines = vectorLines({
    device,
    // Where several values come in one message, each is given by the name of its resource.
    sources: adapter.name === "modbus" ? adapter.sources : [],
    readings,
    description: `${MARK}: what a real device said, and its display showed`,
    parameters: new Map(),
  });
  return `${text.trimEnd()}\n\ntest:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** 2026-01-01. */
const SOME_DAY: UnixMillis = 1_767_225_600_000;
