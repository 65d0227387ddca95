/** Whether a device is there, as topics say it: a bridge before it, the device itself. All of them must say so. */
import { valueAt } from "./json-path.ts";
import type { Message } from "./message.ts";
import { wordOf } from "./router.ts";
import type { AvailabilitySpec } from "./section.ts";

export type Availability =
  | { readonly state: "online" }
  | { readonly state: "offline"; readonly reason: string }
  /** Not all of them have said something yet. */
  | { readonly state: "unknown" };

export class AvailabilityState {
  private readonly specs: readonly AvailabilitySpec[];
  /** Of each what it said last; undefined: nothing yet. */
  private readonly said: (boolean | undefined)[];

  constructor(specs: readonly AvailabilitySpec[]) {
    this.specs = specs;
    this.said = specs.map(() => undefined);
  }

  /** The connection is another one: what was said before may hold no longer. */
  forget(): void {
    this.said.fill(undefined);
  }

  /** What holds now that this one has said something; undefined: it said nothing that we know. */
  hear(index: number, message: Message): Availability | undefined {
    const spec = this.specs[index];
    const online = spec === undefined ? undefined : saidOnline(spec, message);
    if (online === undefined) return undefined;
    this.said[index] = online;
    return this.now;
  }

  get now(): Availability {
    const away = this.specs.find((_, i) => this.said[i] === false);
    if (away !== undefined) return { state: "offline", reason: `${away.topic} says ${away.offline[0] ?? "offline"}` };
    return { state: this.said.every((one) => one === true) ? "online" : "unknown" };
  }
}

function saidOnline({ path, online, offline }: AvailabilitySpec, message: Message): boolean | undefined {
  const word = wordSaid(path, message);
  if (word === undefined) return undefined;
  if (online.includes(word)) return true;
  return offline.includes(word) ? false : undefined;
}

/** Some brokers' bridges have said it as a word and as JSON, from one version to the next: a word alone is understood, too. */
function wordSaid(path: AvailabilitySpec["path"], message: Message): string | undefined {
  const plain = message.text.trim();
  if (path === undefined) return plain;
  const { json } = message;
  return "fault" in json ? plain : wordOf(valueAt(json.value, path));
}
