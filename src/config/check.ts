/** What `check` says of a configuration that loads: what it is made of, and what each mapping costs on the wire. */
import { formatProblem, type Problem } from "../errors.ts";
import type { Provenance } from "../mapping/load.ts";
import { runVectors } from "../mapping/vectors.ts";
import { loadLines } from "./link-loads-text.ts";
import { type MappingPlan, type MappingReport, mappingReports } from "./mapping-reports.ts";
import { timeOf, UNASKED } from "./poll-costs.ts";
import type { LoadedConfig } from "./types.ts";

/**
 * What the test vectors of the mappings in use say, beyond what loading has said; empty: every vector came out as it
 * should.
 */
export function vectorProblems({ mappings, problems }: LoadedConfig): readonly Problem[] {
  const said = new Set(problems.map(formatProblem));
  return [...mappings.values()]
    .flatMap(({ prepared }) => runVectors(prepared))
    .filter((problem) => {
      const isNew = !said.has(formatProblem(problem));
      said.add(formatProblem(problem));
      return isNew;
    });
}

/** The plan, for a person: lines without a last line break. The problems are the caller's to print. */
export function formatCheck(loaded: LoadedConfig): string {
  const { file, servers, links, devices, disabled } = loaded;
  const off = disabled.length === 0 ? "" : `, ${disabled.length} off`;
  const counts = [
    count(servers.length, "server"),
    count(links.size, "link"),
    `${count(devices.length, "device")}${off}`,
  ];
  return [
    `${file}: ${counts.join(", ")}`,
    ...siteLines(loaded),
    ...storedLines(loaded),
    ...loadLines(loaded),
    ...mappingReports(loaded).flatMap(describeMapping),
    ...disabled.map(({ id, problems }) => `off: ${id} (${count(problems.length, "error")})`),
  ].join("\n");
}

function describeMapping({ mapping, source, vectors, devices, plan }: MappingReport): readonly string[] {
  const { file, hides } = mapping;
  if (plan === undefined) return [`${file}: not usable, see the errors`];
  return [
    `${file}: ${count(plan.resources, "resource")}, ${count(vectors, "test vector")}`,
    ...mapping.extends.map((base) => `   extends ${base}`),
    ...(hides === undefined ? [] : [`   note: stands before the packaged ${hides}`]),
    devices.length === 0 ? "   no device runs with it" : `   ${count(devices.length, "device")}: ${fewOf(devices)}`,
    ...provenanceLine(source),
    ...plan.notes.map(({ resource, note }) => `   note: ${resource}: ${note}`),
    ...undecidedLine(plan),
    ...pollLines(plan),
    ...callLines(plan),
    ...(plan.firmware === undefined ? [] : [`   firmware ${plan.firmware}`]),
  ];
}

/** Whether somebody has compared the values with a display: until then that is the installer's to do. */
function provenanceLine(source: Provenance | undefined): readonly string[] {
  switch (source) {
    case undefined:
      return [];
    case "from-manual":
      return ["   source: from-manual (compare the values with the device's display)"];
    case "field-verified":
      return ["   source: field-verified"];
  }
}

/** What this site has of its own, on one line each. */
function siteLines({ site }: LoadedConfig): readonly string[] {
  if (site === undefined) return [];
  return [`   site: ${site.file}`, ...[...site.values].map(([name, text]) => `      ${name} = ${text}`)];
}

/** What servers create and fill: of the gateway, then of devices, those with the same objects together. */
function storedLines({ gateway, devices }: LoadedConfig): readonly string[] {
  const owners = new Map<string, string[]>();
  const all = [{ id: "the gateway", storedObjects: gateway.storedObjects }, ...devices];
  for (const { id, storedObjects = [] } of all) {
    if (storedObjects.length === 0) continue;
    const objects = storedObjects.map((object) => `/${object.id} ${object.name.trim()} ${object.version}`).join(", ");
    owners.set(objects, [...(owners.get(objects) ?? []), id]);
  }
  return [...owners].map(([objects, ids]) => `   stored objects ${objects}: ${fewOf(ids)}`);
}

/** The first few names, and that there are more. */
function fewOf(ids: readonly string[]): string {
  return `${ids.slice(0, MOST_NAMES).join(", ")}${ids.length > MOST_NAMES ? ", …" : ""}`;
}

const MOST_NAMES = 5;

/** What the mapping has for some devices, depending on what they say of themselves. */
function undecidedLine({ undecided }: MappingPlan): readonly string[] {
  if (undecided === undefined) return [];
  return [`   when ${undecided.facts.join(", ")} is known: ${undecided.resources.join(", ")}`];
}

/** One line for each pace at which points are read, with the requests that one turn costs and how long they take. */
function pollLines({ polls }: MappingPlan): readonly string[] {
  const costs = polls.map((cost) => {
    const { name, values, requests } = cost;
    const texts = requests?.map(({ text }) => text).join(", ");
    const reads = requests === undefined ? "" : ` in ${count(requests.length, "read")}: ${texts}`;
    return {
      text: `   ${name === UNASKED ? name : `poll ${name}`}: ${count(values, "value")}${reads}`,
      time: timeOf(cost),
    };
  });
  const width = Math.max(...costs.map(({ text }) => text.length));
  return costs.map(({ text, time }) => {
    return time === undefined ? text : `${text.padEnd(width)}  ${Math.round(time)} ms on the wire`;
  });
}

/** What costs nothing on the wire; and what a server can change: worth a look before a valve moves. */
function callLines({ computed, write, execute }: MappingPlan): readonly string[] {
  const line = (name: string, chosen: readonly string[]): string[] =>
    chosen.length === 0 ? [] : [`   ${name}: ${chosen.join(", ")}`];
  return [...line("computed", computed), ...line("write", write), ...line("execute", execute)];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
