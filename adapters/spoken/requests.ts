/** What a device is asked, by the names that its mapping gives: by the points whose values are answers, and by steps of `do:`. */
import { z } from "zod";
import { DeviceError, durationSchema, type Millis, type PointId, type RawValue } from "../../src/adapter.ts";
import { type Complain, unknownName } from "./keys.ts";

/** What all requests have, whatever carries them. */
export interface NamedRequest {
  readonly name: string;
  /** Whether there is a place for a value in what is sent: {value}. */
  readonly takesValue: boolean;
}

/** Undefined where there is none, which `complain` has heard. */
export function requestOf<Request>(
  requests: ReadonlyMap<string, Request>,
  name: string,
  path: readonly string[],
  complain: Complain,
): Request | undefined {
  const request = requests.get(name);
  if (request === undefined) complain(path, unknownName("request", name, requests.keys()));
  return request;
}

/** The points whose values are answers, by the request that is asked. */
export function byRequest<Request>(
  points: readonly PointId[],
  requestOfPoint: (point: PointId) => Request | undefined,
): ReadonlyMap<Request, readonly PointId[]> {
  const requests = new Map<Request, PointId[]>();
  for (const point of points) {
    const request = requestOfPoint(point);
    if (request === undefined) continue;
    const others = requests.get(request);
    if (others === undefined) requests.set(request, [point]);
    else others.push(point);
  }
  return requests;
}

/** A step of `do:` that asks. The requests of a device are known only where it runs. */
export interface RequestStep {
  readonly request: string;
  readonly value?: RawValue | undefined;
}

export interface WaitStep {
  readonly wait: Millis;
}

export const requestStepSchema = z.strictObject({
  request: z.string().describe("Name of the request"),
  value: z.custom<RawValue>().optional().describe("What stands in the place of {value}"),
});

export const waitStepSchema = z.strictObject({
  wait: durationSchema.describe("How long to wait before the next step"),
});

/** Why a device with these requests cannot do a step, as the mapping spells it; undefined: it can, or the step asks nothing. */
export function stepFault(
  requests: ReadonlyMap<string, NamedRequest>,
  { request: name, value }: Readonly<Record<string, unknown>>,
): string | undefined {
  if (typeof name !== "string") return undefined;
  const request = requests.get(name);
  if (request === undefined) return unknownName("request", name, requests.keys());
  if (request.takesValue === (value !== undefined)) return undefined;
  return value === undefined ? `the request "${name}" needs a value` : `the request "${name}" takes no {value}`;
}

/** Throws DeviceError `rejected` where there is none. */
export function requestOfStep<Request>(
  requests: ReadonlyMap<string, Request>,
  { request: name }: RequestStep,
): Request {
  const request = requests.get(name);
  if (request === undefined) throw new DeviceError("rejected", `the mapping has no request "${name}"`);
  return request;
}
