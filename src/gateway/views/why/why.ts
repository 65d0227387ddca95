/** Why a device is not there, or a value is bad or does not arrive: from the files to the disk, step by step. */
import type { UnixMillis } from "../../../clock.ts";
import type { Path } from "../../../lwm2m/path.ts";
import type { LinkView } from "../../links/link-admin.ts";
import type { GatewayStatus } from "../../status.ts";
import type { DisabledView, ObservedValue } from "../device-views.ts";
import { configurationSteps, deviceSteps, linkSteps } from "./device-steps.ts";
import { clockSteps, serverSteps, storeSteps } from "./server-steps.ts";
import { valueSteps } from "./value-steps.ts";

/** What is looked at, in the order in which a value passes it. */
export type WhyAbout = "configuration" | "link" | "device" | "value" | "clock" | "server" | "store";

/** `fault`: here it ends; `doubt`: it may explain it; `unknown`: it cannot be told now. */
export type WhyFinding = "ok" | "doubt" | "fault" | "unknown";

/** One thing that was looked at; plain data. */
export interface WhyStep {
  readonly about: WhyAbout;
  readonly finding: WhyFinding;
  /** Which: "link bus1", "/meter-1/3303/0/5700", "server 101". */
  readonly looked: string;
  /** What was found, as a sentence without an end. */
  readonly found: string;
  /** What a person would do next, where there is something: a command, or an act. */
  readonly next?: string;
}

/** GET /v1/devices/{id}/why and /v1/why?path=; plain data. */
export interface Why {
  readonly now: UnixMillis;
  /** The id, or the path. */
  readonly subject: string;
  readonly steps: readonly WhyStep[];
  /** The likeliest cause: the first fault, else the first doubt; absent: nothing is wrong as far as the gateway knows. */
  readonly cause?: WhyStep;
}

/** All that is looked at. */
export interface WhyFacts {
  readonly status: GatewayStatus;
  readonly id: string;
  /** The device is off. */
  readonly disabled?: DisabledView;
  readonly link?: LinkView;
  /** Where the entry of the device stands. */
  readonly place?: string;
  /** The values at the path that is asked about, or all of the device. */
  readonly values: readonly ObservedValue[];
  /** Absent: the question is about the whole device. */
  readonly path?: Path;
}

export function whyOf(facts: WhyFacts): Why {
  const { status, id, path } = facts;
  const steps =
    facts.disabled === undefined
      ? [
          ...configurationSteps(facts),
          ...linkSteps(facts),
          ...deviceSteps(facts),
          ...valueSteps(facts),
          ...clockSteps(facts),
          ...serverSteps(facts),
          ...storeSteps(facts),
        ]
      : configurationSteps(facts);
  const cause = steps.find(({ finding }) => finding === "fault") ?? steps.find(({ finding }) => finding === "doubt");
  return { now: status.now, subject: path ?? id, steps, ...(cause === undefined ? {} : { cause }) };
}
