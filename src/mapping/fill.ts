/** The parameters of a device in what its mapping says. */
import type { MapNode, YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { EXPRESSION_KEYS } from "./expression/expression.ts";
import type { MappedResource } from "./mapped-resource.ts";
import type { PreparedMapping } from "./prepare.ts";
import type { DeviceContext } from "./resource.ts";
import { scopeText } from "./scope.ts";
import { namesIn, type Scope, substitute } from "./substitute.ts";

type Fill = <T extends YamlNode | undefined>(node: T) => T;

export function filler(scope: Scope, report: Report, keepArguments = false): Fill {
  const options = { owner: "this mapping", untouched: EXPRESSION_KEYS, keepArguments };
  return <T extends YamlNode | undefined>(node: T) =>
    (node === undefined ? undefined : substitute(node, scope, report, options)) as T;
}

/** The resource's keys for this device; shared with the devices that have the same values for what it names. */
export function filledNode(
  mapped: MappedResource,
  { filled }: PreparedMapping,
  { scope, report }: Pick<DeviceContext, "scope" | "report">,
): MapNode {
  let known = filled.get(mapped);
  if (known === undefined) {
    known = new Map();
    filled.set(mapped, known);
  }
  const values = scopeText(scope, namesIn(mapped.node));
  const shared = known.get(values);
  if (shared !== undefined) return shared;
  let wrong = false;
  const node = filler(scope, (problem) => {
    wrong = true;
    report(problem);
  })(mapped.node);
  // What is wrong must be said again for the next device.
  if (!wrong) known.set(values, node);
  return node;
}
