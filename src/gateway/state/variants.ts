/** What each device has of its mapping, by what it says of itself (`when:`): the last that it said is kept over restarts. */
import type { PointId } from "../../adapter.ts";
import { type Clock, SECOND } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { type Sample, sameValue, type Value } from "../../lwm2m/sample.ts";
import type { DevicePlan } from "../../mapping/plan-types.ts";
import { type Store, StoreError } from "../../store/store.ts";
import type { PlacedDevice } from "./places.ts";

export interface VariantsOptions {
  readonly store: Pick<Store, "loadFacts" | "saveFacts">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Some devices have other plans now: `chosen` gives them. */
  readonly onChange: () => void;
}

type Facts = ReadonlyMap<PointId, Value>;

/** Many devices begin to speak at the same time: they are changed together. */
const TOGETHER = SECOND;

export class Variants {
  private readonly options: VariantsOptions;
  private placed: readonly PlacedDevice[] = [];
  private facts = new Map<string, Facts>();
  private cancel: (() => void) | undefined;

  constructor(options: VariantsOptions) {
    this.options = options;
  }

  /** Takes the devices of the configuration, and what they said in the runs before. Rejects with StoreError. */
  async adopt(placed: readonly PlacedDevice[]): Promise<void> {
    this.placed = placed;
    if (placed.every(({ plan }) => plan.variants === undefined)) return;
    const kept = await this.options.store.loadFacts();
    this.facts = new Map([...kept.map(({ device, content }) => [device, parsed(content)] as const), ...this.facts]);
  }

  /** The devices, each with the plan for what is known of it. */
  chosen(placed = this.placed): readonly PlacedDevice[] {
    return placed.map((device) => {
      const facts = this.facts.get(device.plan.id);
      const { variants } = device.plan;
      return variants === undefined || facts === undefined ? device : { ...device, plan: variants.withFacts(facts) };
    });
  }

  /** A device said something; where it is something of itself that changes what it has, `onChange` is called soon. */
  heard({ plan, prefix }: PlacedDevice, samples: readonly Sample[]): void {
    const { variants } = plan;
    if (variants === undefined) return;
    const before = this.facts.get(plan.id) ?? new Map<PointId, Value>();
    const after = new Map(before);
    for (const point of variants.facts) {
      const said = samples.findLast(({ path }) => path === `/${prefix}/${point}`);
      if (said !== undefined) after.set(point, said.value);
    }
    if (sameFacts(before, after)) return;
    this.facts.set(plan.id, after);
    this.keep(plan.id, after);
    this.changeSoon(plan, after);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private changeSoon(plan: DevicePlan, facts: Facts): void {
    const { clock, log, onChange } = this.options;
    if (plan.variants?.withFacts(facts).fingerprint === plan.fingerprint) return;
    log.info(
      { device: plan.id, facts: Object.fromEntries(facts) },
      "what the device says of itself changes what it has",
    );
    this.cancel ??= clock.at(clock.monotonic() + TOGETHER, () => {
      this.cancel = undefined;
      onChange();
    });
  }

  /** Without it the device is asked again after a restart: that is all. */
  private keep(device: string, facts: Facts): void {
    const { store, log } = this.options;
    store.saveFacts({ device, content: spelled(facts) }).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      log.warn({ code: "LG663", device, reason: reasonOf(error) }, "what the device says of itself could not be kept");
    });
  }
}

function sameFacts(a: Facts, b: Facts): boolean {
  return a.size === b.size && [...a].every(([point, value]) => sameValue(value, b.get(point) ?? ""));
}

/** JSON; whole numbers beyond the safe ones as { "integer": "…" }. */
function spelled(facts: Facts): string {
  const plain = [...facts].map(([point, value]) => [
    point,
    typeof value === "bigint" ? { integer: String(value) } : value,
  ]);
  return JSON.stringify(Object.fromEntries(plain));
}

function parsed(content: string): Facts {
  const facts = new Map<PointId, Value>();
  for (const [point, value] of Object.entries(objectOf(content))) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") facts.set(point, value);
    else if (
      typeof value === "object" &&
      value !== null &&
      "integer" in value &&
      /^-?[0-9]+$/.test(String(value.integer))
    )
      facts.set(point, BigInt(String(value.integer)));
  }
  return facts;
}

/** Nothing where somebody else wrote it: the device is asked again. */
function objectOf(content: string): object {
  try {
    const read: unknown = JSON.parse(content);
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}
