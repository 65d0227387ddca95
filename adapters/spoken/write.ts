/** `write:` of a resource that is written by a request. */
import { z } from "zod";
import { DeviceError, type PointId, type RawValue } from "../../src/adapter.ts";
import type { Complain } from "./keys.ts";
import { type NamedRequest, requestOf } from "./requests.ts";

/** How a point is written: this request is sent, with the value where it takes one. */
export interface WriteSpec<Request extends NamedRequest> {
  readonly request: Request;
  /** It is sent for this value only. */
  readonly when?: string | number | boolean | undefined;
}

export const writeSchema = z
  .union([
    z.literal(true),
    z.strictObject({
      request: z.string().optional().describe("The request that writes it, where it is not the one that reads it"),
      when: z.union([z.boolean(), z.number(), z.string()]).optional().describe("Only this value may be written"),
    }),
  ])
  .describe("How it is written: by a request, with the value in the place of {value}");

/** Of what a resource is written. */
export interface Writable<Request> {
  readonly requests: ReadonlyMap<string, Request>;
  /** The request that reads it; undefined: the device tells it by itself. */
  readonly own: Request | undefined;
  /** What tells it then, for people: "a message". */
  readonly unasked: string;
}

/** "no": it is not written. Undefined where something is wrong, which `complain` has heard. */
export function writeOf<Request extends NamedRequest>(
  write: z.output<typeof writeSchema> | undefined,
  { requests, own, unasked }: Writable<Request>,
  complain: Complain,
): WriteSpec<Request> | "no" | undefined {
  if (write === undefined) return "no";
  const { request: name, when } = write === true ? {} : write;
  const request = name === undefined ? own : requestOf(requests, name, ["write", "request"], complain);
  if (request === undefined) {
    if (name === undefined) complain(["write"], `${unasked} is not written: say which request writes it`);
    return undefined;
  }
  if (!request.takesValue && when === undefined) {
    const message = `the request "${request.name}" takes no {value}: say for which value it is sent, e.g. write: { when: true }`;
    complain(["write"], message);
    return undefined;
  }
  return { request, ...(when === undefined ? {} : { when }) };
}

/** The request that writes this value. Throws DeviceError `rejected` where the mapping lets none. */
export function requestToWrite<Request extends NamedRequest>(
  point: PointId,
  write: WriteSpec<Request> | undefined,
  value: RawValue,
): Request {
  if (write === undefined) throw new DeviceError("rejected", `the mapping does not let "${point}" be written`);
  if (write.when !== undefined && String(write.when) !== String(value)) {
    throw new DeviceError("rejected", `only ${write.when} may be written`);
  }
  return write.request;
}
