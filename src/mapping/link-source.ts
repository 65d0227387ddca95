/** `link:` as a source: what the link knows of the device's connection. */
import { z } from "zod";
import { childOf } from "../yaml/nodes.ts";
import { readNode, reportError } from "../yaml/read.ts";
import { titleOf } from "./mapped-resource.ts";
import { LINK_FACTS, type ResourceSource } from "./plan-types.ts";
import type { DeviceContext, ResolvableResource } from "./resource.ts";

const keys = z.object({ link: z.enum(LINK_FACTS) });

/** Addresses are text, what is measured is a number; undefined: reported. */
export function resolveLink(
  { mapped, node }: ResolvableResource,
  { report }: Pick<DeviceContext, "report">,
): ResourceSource | undefined {
  const fact = readNode(node, keys, report)?.link;
  if (fact === undefined) return undefined;
  const isText = fact === "address" || fact === "router";
  const { type = "" } = mapped.definition;
  if (isText ? type === "string" : ["integer", "unsigned", "float"].includes(type)) return { kind: "link", fact };
  const wanted = isText ? "a String" : "a number";
  const place = childOf(node, "link")?.place ?? mapped.key.place;
  reportError(report, place, `${titleOf(mapped)} cannot be the ${fact} of the link, which is ${wanted}`, "LG331");
  return undefined;
}
