/** `access:` of a server: which devices it sees, what it may write, how often, and whether that is logged. */
import { z } from "zod";
import { type Millis, SECOND } from "../clock.ts";
import { durationSchema, orIssue } from "../duration.ts";
import { type PathPattern, parsePattern } from "../lwm2m/path-pattern.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

/** What the operator of the gateway lets one server do; it stands above what servers grant each other. */
export interface AccessSettings {
  /** Ids of devices; `*` stands for any characters. All others do not exist for this server. */
  readonly devices: readonly string[];
  readonly write: "none" | "listed" | "all";
  /** In own paths; empty where `write` is not `listed`. */
  readonly writable: readonly PathPattern[];
  /** Of each device, and of the gateway itself. */
  readonly limit?: WriteLimitSettings;
  /** Whether what it writes, executes, creates and deletes is logged. */
  readonly audit: boolean;
}

export interface WriteLimitSettings {
  /** Values written, resources executed, instances made and removed. */
  readonly writes: number;
  readonly per: Millis;
}

const device = z
  .string()
  .regex(/^[^\s\p{Cc}]{1,64}$/u, { message: "expected the id of a device, in which * stands for any characters" })
  .meta({ type: ["string", "number"] });

const path = z
  .string()
  .transform((text, context): PathPattern => orIssue(context, () => parsePattern(text)))
  .describe("Path such as /valve-*/3306/*/5851 or /*/3306: what lies below is meant, too");

export const accessSchema = z
  .strictObject({
    devices: z.array(device).max(1000).describe("Ids of the devices that it sees, * for any characters").default(["*"]),
    write: z
      .enum(["none", "listed", "all"])
      .describe("What it may write, execute, create and delete; default: all for the first server, none for the others")
      .optional(),
    writable: z.array(path).min(1).max(1000).describe("With write: listed, what that is").optional(),
    limit: z
      .strictObject({
        writes: z.int().min(1).max(1_000_000).describe("Values written and resources executed"),
        per: durationSchema
          .refine((millis) => millis >= SECOND, { message: "at least 1s" })
          .describe("In this time; what was not used is saved up for as long"),
      })
      .describe("How often it may write to one device; default: as often as it likes")
      .optional(),
    audit: z.boolean().describe("Whether what it writes and executes is logged").default(true),
  })
  .describe("What this server sees and may do, whatever other servers allow it")
  .prefault({});

export type AccessKeys = z.output<typeof accessSchema>;

/** With the defaults, of which that of `write` is the server's place in the list. Mistakes are reported at `node`, the server. */
export function accessOf(keys: AccessKeys, place: number, node: YamlNode, report: Report): AccessSettings {
  const { devices, write = place === 0 ? "all" : "none", writable = [], limit, audit } = keys;
  checkAccess(keys, write, node, report);
  return { devices, write, writable, audit, ...(limit === undefined ? {} : { limit }) };
}

/** Whether an id is meant by one of these. */
export function meansDevice(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) => fits(pattern, id));
}

/** Part by part: an expression made of many stars could take for ever. */
function fits(pattern: string, id: string): boolean {
  const [first = "", ...parts] = pattern.split(/\*+/);
  const last = parts.pop();
  if (last === undefined) return id === first;
  if (!id.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = id.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return id.length - last.length >= at && id.endsWith(last);
}

function checkAccess({ writable, limit }: AccessKeys, write: string, node: YamlNode, report: Report): void {
  const access = childOf(node, "access") ?? node;
  const complain = (key: string, message: string): void =>
    reportError(report, childOf(access, key)?.place ?? access.place, `${key}: ${message}`, "LG226");
  if (writable !== undefined && write !== "listed") complain("writable", "only counts with write: listed");
  if (writable === undefined && write === "listed") complain("write", "expected a list under writable: of what");
  if (limit !== undefined && write === "none") complain("limit", "has no use here: this server may not write at all");
}
