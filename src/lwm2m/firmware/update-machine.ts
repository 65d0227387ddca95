/** Object 5, Firmware Update 1.2: what each event does in each state, and what the answer is. Core 1.2, Appendix E.6. */
import type { Millis, UnixMillis } from "../../clock.ts";
import type { Machine, Timeout } from "../../machine.ts";
import { badRequest, notAllowed } from "../refusals.ts";
import type { UpdateEffect, UpdateEvent, UpdateRecord } from "./firmware-update.ts";
import { UPDATE_RESULT, UPDATE_STATE, type UpdateResult, type UpdateState } from "./update-result.ts";

const { idle, downloading, downloaded, updating } = UPDATE_STATE;

/** Nothing has happened yet. */
export function initialUpdate(now: UnixMillis): UpdateRecord {
  return { state: idle, result: UPDATE_RESULT.initial, uri: "", severity: MANDATORY, changed: now, automatic: false };
}

type Of<Type extends UpdateEvent["type"]> = Extract<UpdateEvent, { type: Type }>;

/** Its state is plain data, which outlives the process; a Machine without deadlines. */
export class UpdateMachine implements Machine<UpdateEvent, UpdateEffect> {
  readonly deadline = undefined;
  private readonly wall: () => UnixMillis;
  private current: UpdateRecord;

  constructor(record: UpdateRecord, wall: () => UnixMillis) {
    this.current = record;
    this.wall = wall;
  }

  get record(): UpdateRecord {
    return this.current;
  }

  handle(event: UpdateEvent | Timeout, _now?: Millis): UpdateEffect[] {
    switch (event.type) {
      case "pushBegins":
      case "pull":
        return this.begin(event);
      case "reset":
      case "cancel":
        return this.giveUp(event);
      case "downloaded":
      case "downloadFailed":
        return this.arrived(event);
      case "update":
        return this.current.state === downloaded
          ? [{ type: "start" }]
          : [refused("Update can be executed once an image is here: the state is not Downloaded")];
      case "updating":
      case "deferred":
      case "updated":
      case "updateFailed":
        return this.proceed(event);
      case "set":
        return this.set(event);
      case "timeout":
        return [];
      default:
        return event satisfies never;
    }
  }

  /** An image comes, and the one of before is not known any more. */
  private begin(event: Of<"pushBegins" | "pull">): UpdateEffect[] {
    const { state, severity, deferPeriod, automatic, changed, result } = this.current;
    if (state === updating) return [WHILE_UPDATING];
    if (state !== idle) return [refused("there is an image already, or on its way: write one NUL byte first", "bad")];
    const uri = event.type === "pull" ? event.uri : "";
    const fresh = { state, result, uri, severity, automatic, ...known({ changed, deferPeriod }) };
    if (event.type === "pull" && !event.supported) {
      const changes = this.change({ ...fresh, result: UPDATE_RESULT.unsupportedProtocol });
      return [...changes, refused("nothing here fetches by the scheme of this URI: see resource 8", "bad")];
    }
    const changes = this.to(downloading, UPDATE_RESULT.initial, fresh);
    return event.type === "pull" ? [...changes, { type: "download", uri }] : changes;
  }

  private giveUp({ type }: Of<"reset" | "cancel">): UpdateEffect[] {
    const { state } = this.current;
    if (state === updating) return [WHILE_UPDATING];
    if (type === "reset") {
      const { name: _, version: __, ...rest } = this.current;
      const changes = this.to(idle, UPDATE_RESULT.initial, { ...rest, uri: "" });
      return state === idle ? changes : [...changes, { type: "discard" }];
    }
    if (state === idle) return [refused("there is nothing to cancel: the state is Idle")];
    return [...this.to(idle, UPDATE_RESULT.cancelled), { type: "discard" }];
  }

  /** What is said of a download that nobody waits for any more is nothing. */
  private arrived(event: Of<"downloaded" | "downloadFailed">): UpdateEffect[] {
    if (this.current.state !== downloading) return [];
    if (event.type === "downloadFailed") return [...this.to(idle, event.result), { type: "discard" }];
    const { name, version } = event;
    const changes = this.to(downloaded, UPDATE_RESULT.initial, { ...this.current, ...known({ name, version }) });
    return this.current.automatic ? [...changes, { type: "start" }] : changes;
  }

  private proceed(event: Of<"updating" | "deferred" | "updated" | "updateFailed">): UpdateEffect[] {
    const { state } = this.current;
    if (state !== downloaded && state !== updating) return [];
    switch (event.type) {
      case "updating":
        return this.to(updating, UPDATE_RESULT.initial);
      case "deferred":
        return this.to(downloaded, UPDATE_RESULT.deferred);
      case "updated":
        return state === updating ? [...this.to(idle, UPDATE_RESULT.success), { type: "discard" }] : [];
      case "updateFailed":
        return event.kept ? this.to(downloaded, event.result) : [...this.to(idle, event.result), { type: "discard" }];
      default:
        return event satisfies never;
    }
  }

  private set({ severity, deferPeriod, automatic }: Of<"set">): UpdateEffect[] {
    return this.change({ ...this.current, ...known({ severity, deferPeriod, automatic }) });
  }

  private to(state: UpdateState, result: UpdateResult, rest: UpdateRecord = this.current): UpdateEffect[] {
    const changed = state === this.current.state ? {} : { changed: this.wall() };
    return this.change({ ...rest, state, result, ...changed });
  }

  private change(record: UpdateRecord): UpdateEffect[] {
    if (isSame(record, this.current)) return [];
    this.current = record;
    return [{ type: "changed", record }];
  }
}

/** Resource 11, where nobody has written it. */
const MANDATORY = 1;

const WHILE_UPDATING = refused("the device is being updated: it can be written when that is over");

/** 4.05, or 4.00. */
function refused(words: string, as: "bad" | "notAllowed" = "notAllowed"): UpdateEffect {
  return { type: "refused", error: as === "bad" ? badRequest(words) : notAllowed(words) };
}

function isSame(a: UpdateRecord, b: UpdateRecord): boolean {
  const keys = [...Object.keys(a), ...Object.keys(b)];
  return keys.every((key) => Reflect.get(a, key) === Reflect.get(b, key));
}

type Settings = { readonly [Key in keyof UpdateRecord]?: UpdateRecord[Key] | undefined };
type Known = { [Key in keyof UpdateRecord]?: UpdateRecord[Key] };

/** Without what is undefined. */
function known({ name, version, severity, changed, deferPeriod, automatic }: Settings): Known {
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(severity === undefined ? {} : { severity }),
    ...(changed === undefined ? {} : { changed }),
    ...(deferPeriod === undefined ? {} : { deferPeriod }),
    ...(automatic === undefined ? {} : { automatic }),
  };
}
