/** `firmware:` how an image gets to the device, and when that was a success. Parameters are filled in. */
import type { FirmwareCondition, FirmwareWay } from "../adapter.ts";
import { FIRMWARE_CONDITIONS } from "../errors.ts";
import { childOf, entryOf, isEmpty, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { readNode, reportError } from "../yaml/read.ts";
import { DEFAULTS, type FirmwareKeys, firmwareKeys, STEP_KEYS, type StepKey } from "./firmware-keys.ts";
import type { AcceptRule, FirmwarePlan, FirmwareStep, VersionSource } from "./firmware-plan.ts";
import { firmwareSteps } from "./firmware-steps.ts";
import { ELSEWHERE, healthRule, versionSource } from "./firmware-version.ts";
import { wayOf } from "./firmware-ways.ts";
import type { DevicePlan } from "./plan-types.ts";
import type { DeviceContext } from "./resource.ts";

const STEPS: ReadonlySet<string> = new Set(STEP_KEYS);
const READ_APART: ReadonlySet<string> = new Set([...STEPS, "transfer"]);

/** The plan, as far as the device has what it needs; undefined: it has none, or something is wrong, which was reported. */
export function readFirmware(
  node: YamlNode | undefined,
  context: DeviceContext,
  resources: DevicePlan["resources"],
): FirmwarePlan | undefined {
  if (node === undefined || isEmpty(node)) return undefined;
  const keys = readNode(node, firmwareKeys, context.report, { without: READ_APART });
  const via = childOf(node, "via");
  if (node.kind !== "map" || via?.kind !== "scalar") return undefined;
  const way = wayOf(via, context.adapter, context.report);
  if (way === undefined) return undefined;
  const transfer = transferOf(node, way, context);
  const steps = stepsOf(node, way, context);
  if (keys === undefined) return undefined;
  const judged = judgement(node, keys, { way, options: transfer?.options, context, resources });
  const isStaged = checkStage(node, keys, way, context);
  if (transfer === undefined || steps === undefined || judged === undefined || !isStaged) return undefined;
  return {
    via: keys.via,
    ...(way.fetched === true ? { fetched: true } : {}),
    transfer: transfer.options,
    stage: keys.stage,
    accept: acceptOf(keys.accept ?? DEFAULTS.accept, way),
    ...judged,
    ...steps,
    retries: keys.retries,
    ...(unheard(keys, way) ? { unheard: true } : {}),
    lock: keys.lock ?? (way.needsLine === true ? "line" : "device"),
    results: resultsOf(keys),
  };
}

/** Who has the wire for itself loses nothing by trying. */
function unheard({ begin }: FirmwareKeys, { needsLine }: FirmwareWay): boolean {
  return begin === undefined ? needsLine === true : begin === "at-once";
}

/** A section with its parameters filled in; in steps a `$0` stays, so that it is told where it has no meaning. */
export function fillFirmware<T extends YamlNode | undefined>(
  node: T,
  fill: (node: MapNode) => MapNode,
  fillSteps: (node: YamlNode) => YamlNode,
): T | MapNode {
  if (node?.kind !== "map") return node;
  const entries = node.entries.flatMap((entry) =>
    STEPS.has(entry.key.text)
      ? [{ key: entry.key, value: fillSteps(entry.value) }]
      : fill({ ...node, entries: [entry] }).entries,
  );
  return { ...node, entries };
}

function transferOf(
  node: MapNode,
  way: FirmwareWay,
  { device, report }: DeviceContext,
): { readonly options: unknown } | undefined {
  const written = childOf(node, "transfer");
  const section: YamlNode =
    written === undefined || isEmpty(written) ? { kind: "map", place: node.place, entries: [] } : written;
  // Nobody is shown what the way needs to know.
  const options = readNode(section, way.transfer, report, { secrets: true });
  if (options === undefined) return undefined;
  const fault = device === undefined ? undefined : way.fault?.(options, device);
  if (fault === undefined) return { options };
  const place = (entryOf(node, "transfer") ?? entryOf(node, "via"))?.key.place ?? node.place;
  reportError(report, place, `firmware: ${fault}`, "LG334");
  return undefined;
}

function stepsOf(
  node: MapNode,
  way: FirmwareWay,
  context: DeviceContext,
): Readonly<Record<StepKey, readonly FirmwareStep[]>> | undefined {
  const [enter, activate, confirm, abort] = STEP_KEYS.map((key) =>
    firmwareSteps(key, childOf(node, key), way, context),
  );
  return enter && activate && confirm && abort && { enter, activate, confirm, abort };
}

/** Before the server says Update nothing may run that it has not said. */
function checkStage(node: MapNode, { via, stage }: FirmwareKeys, way: FirmwareWay, { report }: DeviceContext): boolean {
  if (stage === "on-update" || way.staged === true) return true;
  const message = `stage: with ${via} the image that runs is overwritten as the new one arrives: expected on-update`;
  reportError(report, childOf(node, "stage")?.place ?? node.place, message, "LG334");
  return false;
}

interface Judging {
  readonly way: FirmwareWay;
  readonly options: unknown;
  readonly context: DeviceContext;
  readonly resources: DevicePlan["resources"];
}

/** Undefined also where what it hangs on is not there, because of a `when`: such a device has no object 5, or not yet. */
function judgement(
  node: MapNode,
  keys: FirmwareKeys,
  { way, options, context, resources }: Judging,
): Pick<FirmwarePlan, "version" | "expect" | "verify"> | undefined {
  const { report, siblings: mapped } = context;
  const told = { via: keys.via, way, options, resources, mapped, report };
  const version = versionSource(childOf(node, "version"), entryOf(node, "via")?.key.place ?? node.place, told);
  const verify = childOf(node, "verify");
  const written = childOf(verify, "healthy");
  const healthy = written === undefined ? undefined : healthRule(written, context, resources);
  if (version === undefined || version === ELSEWHERE || healthy === ELSEWHERE) return undefined;
  if (written !== undefined && healthy === undefined) return undefined;
  const { healthy: _text, ...times } = keys.verify ?? DEFAULTS.verify;
  const expected = expectation(node, keys, { version, way, context });
  if (expected === undefined) return undefined;
  return { version, expect: expected, verify: { ...times, ...(healthy === undefined ? {} : { healthy }) } };
}

function expectation(
  node: MapNode,
  { expect, accept }: FirmwareKeys,
  { version, way, context }: { readonly version: VersionSource } & Pick<Judging, "way" | "context">,
): FirmwarePlan["expect"] | undefined {
  const place = entryOf(node, "expect")?.key.place;
  if (version.kind === "none" && place !== undefined) {
    reportError(context.report, place, "expect has no meaning beside version: none", "LG210");
    return undefined;
  }
  return expect ?? (headerOf(accept, way) === undefined ? "changed" : "image");
}

function headerOf(accept: FirmwareKeys["accept"], way: FirmwareWay): AcceptRule["header"] {
  const header = accept?.header ?? way.header;
  return header === "none" ? undefined : header;
}

function acceptOf(accept: typeof DEFAULTS.accept, way: FirmwareWay): AcceptRule {
  const { max_size: maxSize, magic } = accept;
  const kind = headerOf(accept, way);
  return {
    maxSize,
    ...(magic === undefined ? {} : { magic: { offset: magic.offset, bytes: magic.hex } }),
    ...(kind === undefined ? {} : { header: kind }),
  };
}

function resultsOf({ results = {} }: FirmwareKeys): ReadonlyMap<FirmwareCondition, number> {
  return new Map(
    FIRMWARE_CONDITIONS.flatMap((condition) => {
      const result = results[condition];
      return result === undefined ? [] : [[condition, result] as const];
    }),
  );
}
