/** Device entries, mappings and links joined: which devices run, and which are off. */
import { formatPlace, formatProblem, type Place, type Problem } from "../errors.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { resolveDevice } from "../mapping/device-plan.ts";
import type { MappingFile } from "../mapping/load.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import type { PreparedMapping } from "../mapping/prepare.ts";
import type { DeviceEntry } from "../mapping/resolve.ts";
import { didYouMean, unknownWord } from "../yaml/issues.ts";
import { childOf, type MapEntry } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import type { CheckedEntry, RequestedDevice } from "./device-entries.ts";
import type { MappingLibrary } from "./mapping-library.ts";
import { OwnNames } from "./own-names.ts";
import { storedDefinitions } from "./stored-objects.ts";
import type { DisabledDevice, LinkSettings } from "./types.ts";

export interface ResolvedDevices {
  readonly devices: readonly DevicePlan[];
  readonly disabled: readonly DisabledDevice[];
  /** Each once, errors and warnings. */
  readonly problems: readonly Problem[];
}

/** Resolves each device by itself: what is wrong with one leaves the others alone. */
export async function resolveDevices(
  requested: readonly RequestedDevice[],
  library: MappingLibrary,
  { links, catalogue }: Pick<Surroundings, "links" | "catalogue">,
): Promise<ResolvedDevices> {
  const devices: DevicePlan[] = [];
  const disabled: DisabledDevice[] = [];
  const all = new Problems();
  const taken = new Taken();
  const names = new OwnNames(requested.flatMap(givenName));
  for (const { id, place, entry, problems: entryProblems } of requested) {
    const problems = [...entryProblems];
    if (entry !== undefined) taken.claim(entry, problems);
    const surroundings = { library, links, catalogue, problems };
    const made = entry === undefined ? undefined : await planOf({ id, place, entry }, surroundings);
    const isOwn = entry?.keys.device_id === undefined;
    const plan = made !== undefined && isOwn ? names.claim(made, problems) : made;
    all.add(problems);
    const wrong = problems.some(({ severity }) => severity === "error");
    if (plan !== undefined && !wrong) devices.push(plan);
    else disabled.push({ id, place, problems: problems.filter(({ severity }) => severity === "error") });
  }
  return { devices, disabled, problems: all.list };
}

function givenName({ place, entry }: RequestedDevice): readonly (readonly [string, Place])[] {
  const name = entry?.keys.device_id;
  return name === undefined ? [] : [[name, place]];
}

interface Surroundings {
  readonly library: MappingLibrary;
  readonly links: ReadonlyMap<string, LinkSettings>;
  readonly catalogue: ObjectCatalogue;
  readonly problems: Problem[];
}

async function planOf(
  { id, place, entry }: { readonly id: string; readonly place: Place; readonly entry: CheckedEntry },
  { library, links, catalogue, problems }: Surroundings,
): Promise<DevicePlan | undefined> {
  const { keys } = entry;
  const found = await library.find(entry.mapping);
  problems.push(...found.problems);
  const link = links.get(keys.link);
  if (link === undefined) {
    problems.push({
      severity: "error",
      code: "LG207",
      place: entry.link.place,
      message: unknownWord("link", keys.link, links.keys()),
    });
  }
  const { prepared } = found;
  if (prepared === undefined || link === undefined) return undefined;
  if (link.adapter.name !== prepared.adapter.name) {
    const message = `the link "${link.id}" is ${link.type}, but the mapping ${keys.mapping} speaks ${prepared.adapter.name}`;
    problems.push({ severity: "error", code: "LG220", place: entry.link.place, message });
    return undefined;
  }
  problems.push(...suspectNames(entry, prepared));
  const report: Report = (problem) => problems.push(problem);
  const mapped = new Set(prepared.objects.map(({ definition }) => definition.id));
  const stored = storedDefinitions(childOf(entry.node, "stored_objects"), { catalogue, mapped, report });
  const device: DeviceEntry = {
    id,
    place,
    link: link.id,
    ...(keys.prefix === undefined ? {} : { prefix: keys.prefix }),
    ...(keys.was === undefined ? {} : { was: keys.was }),
    ...(keys.device_id === undefined ? {} : { deviceId: keys.device_id }),
    ...(stored.length === 0 ? {} : { storedObjects: stored }),
    parameters: parametersOf(entry, prepared),
  };
  return resolveDevice(prepared, device, report);
}

/** What the entry says itself, and what `each` says of the mapping's parameters. */
function parametersOf({ parameters, row }: CheckedEntry, { file }: PreparedMapping): readonly MapEntry[] {
  const own = new Set(parameters.map(({ key }) => key.text));
  const fromRow = [...row]
    .filter(([name]) => file.parameters.has(name) && !own.has(name))
    .map(([name, value]): MapEntry => ({ key: { ...value, text: name }, value }));
  return [...parameters, ...fromRow];
}

/** `each: { unit_idd: 1..3 }` would make three devices of one unit. */
function suspectNames({ parameters, row }: CheckedEntry, { file }: PreparedMapping): readonly Problem[] {
  const own = new Set(parameters.map(({ key }) => key.text));
  const free = [...file.parameters.keys()].filter((name) => !own.has(name) && !row.has(name));
  return [...row].flatMap(([name, { place }]) => {
    const hint = file.parameters.has(name) ? "" : hintOf(file, name, free);
    const message = `each: "${name}" is not a parameter of ${file.name}${hint}`;
    return hint === "" ? [] : [{ severity: "warning", code: "LG217", place, message } as const];
  });
}

/** What the names of a mapping are near to: all rows of an `each` ask the same. */
const hints = new WeakMap<MappingFile, Map<string, string>>();

function hintOf(file: MappingFile, name: string, free: readonly string[]): string {
  const known = hints.get(file) ?? new Map<string, string>();
  hints.set(file, known);
  const question = [name, ...free].join(" ");
  const hint = known.get(question) ?? didYouMean(name, free);
  known.set(question, hint);
  return hint;
}

/** Ids, prefixes and former ids belong to one device each. */
class Taken {
  private readonly names = new Map<string, Place>();

  claim({ keys, node }: CheckedEntry, problems: Problem[]): void {
    for (const key of ["id", "prefix", "was", "device_id"] as const) {
      const name = keys[key];
      const place = childOf(node, key)?.place;
      if (name === undefined || place === undefined) continue;
      const first = this.names.get(`${key} ${name}`);
      if (first === undefined) this.names.set(`${key} ${name}`, place);
      else problems.push({ severity: "error", code: "LG208", place, message: twice(key, name, first, place) });
    }
  }
}

function twice(key: string, name: string, first: Place, second: Place): string {
  if (formatPlace(first) === formatPlace(second)) {
    return `each makes several devices with the same ${key} "${name}": write $… in it`;
  }
  return `two devices have the ${key} "${name}"; the other stands at ${formatPlace(first)}`;
}

/** A thousand devices of one broken mapping have one problem. */
class Problems {
  readonly list: Problem[] = [];
  private readonly said = new Set<string>();
  private readonly seen = new Set<Problem>();

  add(problems: readonly Problem[]): void {
    for (const problem of problems) {
      if (this.seen.has(problem)) continue;
      this.seen.add(problem);
      const text = formatProblem(problem);
      if (!this.said.has(text)) this.list.push(problem);
      this.said.add(text);
    }
  }
}
