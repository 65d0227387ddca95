import assert from "node:assert/strict";
import type { Millis } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import {
  Registration,
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationOptions,
  type RegistrationState,
} from "../../src/lwm2m/registration.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";

export const LOCATION = ["rd", "5a3f"];

type Of<Type extends RegistrationEffect["type"]> = RegistrationEffect & { readonly type: Type };

/** One registration machine, and what a server makes of it. */
export class Bench {
  readonly machine: Registration;
  now: Millis = 0;
  state: RegistrationState = "deregistered";
  readonly reasons: string[] = [];
  /** How often it said that there is no registration for the time being. */
  failures = 0;
  /** The newest request. */
  last: Of<"register"> | Of<"update"> | Of<"deregister"> | undefined;

  constructor(options: Partial<RegistrationOptions> = {}) {
    this.machine = new Registration({
      endpoint: "gw-1",
      lifetime: 300,
      binding: "U",
      queueMode: false,
      versions: ["1.1"],
      random: fakeRandom(),
      ...options,
    });
  }

  /** Feeds an event; returns the effects that are neither `state` nor `failed`. */
  feed(event: RegistrationEvent): RegistrationEffect[] {
    return this.note(this.machine.handle(event, this.now));
  }

  answer(code: number, location?: readonly string[]): RegistrationEffect[] {
    const request = this.last?.request ?? 0;
    return this.feed({ type: "answer", request, code, ...(location === undefined ? {} : { location }) });
  }

  noAnswer(): RegistrationEffect[] {
    return this.feed({ type: "noAnswer", request: this.last?.request ?? 0, reason: "timeout" });
  }

  /** There is no way to the server. */
  unsent(): RegistrationEffect[] {
    return this.feed({ type: "noAnswer", request: this.last?.request ?? 0, reason: "no address", unsent: true });
  }

  /** Runs deadlines up to this time; what they caused, with their times. */
  until(time: Millis): (readonly [Millis, RegistrationEffect])[] {
    const caused: (readonly [Millis, RegistrationEffect])[] = [];
    for (let next = this.machine.deadline; next !== undefined && next <= time; next = this.machine.deadline) {
      this.now = Math.max(this.now, next);
      for (const effect of this.note(this.machine.handle(TIMEOUT, this.now))) caused.push([this.now, effect]);
    }
    this.now = time;
    return caused;
  }

  private note(effects: readonly RegistrationEffect[]): RegistrationEffect[] {
    for (const effect of effects) {
      if (effect.type === "state") {
        this.state = effect.state;
        this.reasons.push(effect.reason);
      } else if (effect.type === "failed") {
        this.failures++;
      } else if (effect.type !== "accepted" && effect.type !== "resumed") {
        this.last = effect;
      }
    }
    const state = effects.findLast((effect) => effect.type === "state");
    if (state !== undefined) assert.equal(state.until, this.machine.deadline);
    return effects.filter(({ type }) => type !== "state" && type !== "failed");
  }
}

export function aRegistration(options: Partial<RegistrationOptions> = {}): Bench {
  const bench = new Bench(options);
  bench.feed({ type: "start" });
  bench.answer(CODE.created, LOCATION);
  assert.equal(bench.state, "registered");
  return bench;
}

export function types(effects: readonly RegistrationEffect[]): string[] {
  return effects.map(({ type }) => type);
}
