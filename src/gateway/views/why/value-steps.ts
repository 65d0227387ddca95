/** The values of the device. */
import type { ObservedValue } from "../device-views.ts";
import { ago } from "./device-steps.ts";
import type { WhyFacts, WhyStep } from "./why.ts";

export function valueSteps(facts: WhyFacts): readonly WhyStep[] {
  const { values, path, id } = facts;
  if (path !== undefined) {
    if (values.length > 0) return values.map((value) => valueStep(value, facts));
    const found = "the device has no value there: its mapping makes none, or it is executable";
    const next = `lwm2m-gateway values ${id}`;
    return [{ about: "value", finding: "fault", looked: path, found, next }];
  }
  const bad = values.filter(({ quality }) => quality === "bad");
  if (bad.length > 0) return bad.map((value) => valueStep(value, facts));
  const looked = `values of ${id}`;
  return [{ about: "value", finding: "ok", looked, found: `none of ${values.length} is bad` }];
}

function valueStep(value: ObservedValue, { id, status }: WhyFacts): WhyStep {
  const { path: looked, quality, bad, source, time, reset } = value;
  const about = "value";
  const from = source === undefined ? "" : ` (${source})`;
  switch (quality) {
    case "bad":
      return { about, finding: "fault", looked, found: `${bad}${from}`, next: `lwm2m-gateway values ${id} --raw` };
    case "none":
      return {
        about,
        finding: "doubt",
        looked,
        found: `it has had no value yet${from}`,
        next: `lwm2m-gateway device ${id}`,
      };
    case "old":
      return { about, finding: "doubt", looked, found: `it is of before: measured ${measured(time, status.now)}` };
    case "good":
      return { about, finding: "ok", looked, found: goodText(value, reset !== undefined, status.now) };
  }
}

function goodText({ time }: ObservedValue, anew: boolean, now: number): string {
  return `it is good, measured ${measured(time, now)}${anew ? "; the counter began anew since the start" : ""}`;
}

function measured(time: number | undefined, now: number): string {
  return time === undefined ? "at no known time" : ago(now - time);
}
