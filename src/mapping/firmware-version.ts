/** What tells whether an update was a success: the version that runs, and whether the device is well. */
import type { FirmwareWay, PointId } from "../adapter.ts";
import type { Place } from "../errors.ts";
import type { ResourceType } from "../lwm2m/sample.ts";
import { didYouMean } from "../yaml/issues.ts";
import type { ScalarNode, YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { findResource, isLeftOut } from "./availability.ts";
import { type Expression, readExpression } from "./expression/expression.ts";
import type { Operand } from "./expression/types.ts";
import type { VerifyRule, VersionSource } from "./firmware-plan.ts";
import { type MappedResource, titleOf } from "./mapped-resource.ts";
import type { DevicePlan, ResourcePlan } from "./plan-types.ts";
import { findReference } from "./references.ts";
import type { DeviceContext } from "./resource.ts";
import { Bad } from "./stage.ts";

/** `elsewhere`: the device does not have that resource, or not yet, because of a `when`. */
export const ELSEWHERE = "elsewhere";

interface Told {
  readonly via: string;
  readonly way: FirmwareWay;
  /** What the way made of `transfer:`. */
  readonly options: unknown;
  readonly resources: DevicePlan["resources"];
  readonly mapped: readonly MappedResource[];
  readonly report: Report;
}

/** Firmware Version of object 3. */
const USUAL: PointId = "3/0/3";

/** Undefined: nothing tells it, which was reported. */
export function versionSource(
  written: YamlNode | undefined,
  place: Place,
  told: Told,
): VersionSource | typeof ELSEWHERE | undefined {
  const { via, resources, mapped, report } = told;
  if (written?.kind === "scalar") return writtenSource(written, told);
  if (isTold(told)) return { kind: "transfer" };
  const usual = resources.get(USUAL);
  if (usual !== undefined && unfit(usual) === undefined) return { kind: "point", point: USUAL };
  if (usual === undefined && mapped.some(({ point }) => point === USUAL)) return ELSEWHERE;
  const message = `firmware: ${via} does not tell which version runs, and the mapping reads no /3/0/3: name the resource that does, version: 3303/0/5750, or write version: none, and an update is a success when the image was taken`;
  reportError(report, place, message, "LG335");
  return undefined;
}

/** By the way itself. */
function isTold({ way, options }: Told): boolean {
  return way.tellsVersion === true && way.isMute?.(options) !== true;
}

function writtenSource(written: ScalarNode, told: Told): VersionSource | typeof ELSEWHERE | undefined {
  const { via, resources, mapped, report } = told;
  const wrong = (message: string): undefined => {
    reportError(report, written.place, `version: ${message}`, "LG335");
  };
  const text = written.text.replace(/^\//, "");
  if (text === "none") return { kind: "none" };
  if (text === "transfer") {
    if (isTold(told)) return { kind: "transfer" };
    return wrong(`${via} does not tell which version runs: name the resource that does, e.g. 3/0/3`);
  }
  const found = findResource(text, resources);
  if (!("wrong" in found)) {
    const fault = unfit(found);
    return fault === undefined ? { kind: "point", point: found.point } : wrong(`${titleOf(found)} ${fault}`);
  }
  if (isLeftOut(text, resources, mapped)) return ELSEWHERE;
  const hint = didYouMean(text, ["transfer", "none"]);
  return wrong(hint === "" ? found.wrong : `no resource "${text}" in this mapping${hint}`);
}

const VERSIONS: ReadonlySet<ResourceType | undefined> = new Set(["string", "integer", "unsigned", "float"]);

/** Why it cannot tell a version; undefined: it can. */
function unfit({ definition, source }: ResourcePlan): string | undefined {
  if (!VERSIONS.has(definition.type)) return "is no version: expected text or a number";
  switch (source.kind) {
    case "point":
      return source.readable ? undefined : "is not read from the device";
    case "derived":
      return undefined;
    case "constant":
      return "never changes, whatever the device runs";
    case "link":
    case "execute":
      return "is not read from the device";
  }
}

/** Names without a slash are those of object 3. */
const DEVICE = { object: 3, instance: 0 };

/** Undefined: it is wrong, which was reported. */
export function healthRule(
  node: YamlNode,
  { constants, siblings, report }: Pick<DeviceContext, "constants" | "siblings" | "report">,
  resources: DevicePlan["resources"],
): VerifyRule["healthy"] | typeof ELSEWHERE {
  const scope = {
    parameters: constants,
    resource: (reference: string) => findReference(reference, DEVICE, siblings),
    without: (name: string) => `"${name}": a resource is {error_code} (of object 3) or {/3303/0/5700}`,
  };
  const expression = readExpression(node, ["truth"], scope, report);
  if (expression === undefined) return undefined;
  const points = expression.inputs;
  if (points.some((point) => !resources.has(point))) return ELSEWHERE;
  const unread = points.map((point) => resources.get(point)).find((plan) => plan !== undefined && !isRead(plan));
  if (unread !== undefined) {
    reportError(report, node.place, `healthy: ${titleOf(unread)} is not read from the device`, "LG335");
    return undefined;
  }
  return {
    points,
    text: node.kind === "scalar" ? node.text : "",
    holds: (values) => holds(expression, points, values),
  };
}

function isRead({ source }: ResourcePlan): boolean {
  return source.kind === "derived" || (source.kind === "point" && source.readable);
}

/** What is not known is not well. */
function holds(expression: Expression, points: readonly PointId[], values: ReadonlyMap<PointId, unknown>): boolean {
  const operands = points.map((point) => values.get(point)).filter(isOperand);
  if (operands.length < points.length) return false;
  const result = expression.evaluate(operands);
  return !(result instanceof Bad) && result === true;
}

function isOperand(value: unknown): value is Operand {
  return ["number", "bigint", "string", "boolean"].includes(typeof value);
}
