import { dirname, join, resolve } from "node:path";
import type { UnixMillis } from "../clock.ts";
import { byPlace, ConfigError, type Place, type Problem } from "../errors.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { type Report, readNode, refuseSecrets } from "../yaml/read.ts";
import { warnOfAccess } from "./access-warnings.ts";
import type { AdapterShelf } from "./adapter-shelf.ts";
import { adminOf, withoutToken } from "./admin-settings.ts";
import { type ClientServer, clientPlans, clientServersOf, withoutClientSecrets } from "./clients.ts";
import { requestedDevices } from "./device-entries.ts";
import { resolveDevices } from "./devices.ts";
import { besides, listYaml, listYml, readText } from "./files.ts";
import { firmwareCaOf } from "./firmware-ca.ts";
import { warnOfFirmware } from "./firmware-warnings.ts";
import { gatewayOf } from "./gateway-settings.ts";
import { describeSite, fillGiven, type GivenValues, readGivenValues } from "./given-values.ts";
import { warnOfLinks } from "./link-warnings.ts";
import { adaptersOfLinks, readLinks } from "./links.ts";
import { MappingLibrary } from "./mapping-library.ts";
import { type ReportContext, warnOfReports } from "./report-warnings.ts";
import { configSchema, devicesFileSchema, LATER_CONFIG_KEYS } from "./schema.ts";
import type { SecretSources } from "./secrets.ts";
import { refuseShownSecrets } from "./server-security.ts";
import { serversOf } from "./servers.ts";
import type { GatewaySettings, LinkSettings, LoadedConfig, ServerSettings } from "./types.ts";

export interface LoadOptions {
  readonly adapters: AdapterShelf;
  readonly catalogue: ObjectCatalogue;
  /** The directory of the mappings that come with the program. */
  readonly packagedMappings: string;
  /** Where the state goes if config.yaml does not say; else `state` beside it. */
  readonly defaultState?: string;
  /** Where secrets come from beside `secrets.yaml`. */
  readonly secrets?: SecretSources;
  /** By which the dates of certificates are judged; absent: nobody knows it. */
  readonly now?: UnixMillis;
}

/**
 * Reads config.yaml, `devices.d/*.yaml` beside it and every mapping that a device names. Rejects with ConfigError, which
 * lists every problem, where config.yaml or the links of devices.d are wrong; a wrong mapping or device entry only puts its
 * devices in `disabled`.
 */
export async function loadConfig(file: string, options: LoadOptions): Promise<LoadedConfig> {
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const read = await readGiven(file, options, report);
  const { given } = read;
  const hidden = (all: readonly Problem[]): readonly Problem[] => all.map((problem) => given.secrets.hidden(problem));
  const base = await readBase(file, read, options, report);
  if (base === undefined || problems.some(({ severity }) => severity === "error"))
    throw new ConfigError(inOrder(hidden(problems)));
  const library = new MappingLibrary({
    adapters: options.adapters,
    catalogue: base.catalogue,
    directories: [join(dirname(file), "mappings"), options.packagedMappings],
  });
  const requested = await requestedDevices(base.devices, given);
  const resolved = await resolveDevices(requested, library, {
    links: base.links,
    catalogue: base.catalogue,
  });
  const { root, gateway, servers, clientServers, links, catalogue } = base;
  const { devices } = resolved;
  const disabled = resolved.disabled.map((device) => ({ ...device, problems: hidden(device.problems) }));
  await warnOfLinks(links, report);
  const clients = await clientPlans(clientServers, {
    ...{ endpoint: gateway.endpoint, devices, requested, report, given },
    directory: dirname(file),
    sources: options.secrets ?? NO_SECRETS,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  warnOfDoubts(servers, { root, gateway, devices, disabled, catalogue, report });
  return Object.freeze({
    file,
    gateway: Object.freeze(gateway),
    servers: Object.freeze(servers.map((server) => Object.freeze(server))),
    clients,
    links,
    devices: Object.freeze(devices),
    disabled: Object.freeze(disabled),
    mappings: library.loaded,
    catalogue,
    site: describeSite(given.site),
    problems: Object.freeze(inOrder(hidden([...problems, ...resolved.problems]))),
  });
}

/** What loads, and would not do what was meant. */
function warnOfDoubts(servers: readonly ServerSettings[], context: ReportContext): void {
  warnOfReports(servers, context);
  warnOfAccess(servers, context);
  warnOfFirmware(context);
}

/** By file in the order in which they came, then by line and column. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map(({ place }) => place?.file))];
  const rank = ({ place }: Problem): number => files.indexOf(place?.file);
  return problems.toSorted((a, b) => rank(a) - rank(b) || byPlace(a, b));
}

const NO_SECRETS: SecretSources = { environment: {} };

/** What must be right before anything runs. */
interface Base {
  /** config.yaml. */
  readonly root: YamlNode;
  readonly gateway: GatewaySettings;
  readonly servers: readonly ServerSettings[];
  /** Of these the ones with layout `clients`. */
  readonly clientServers: readonly ClientServer[];
  readonly links: ReadonlyMap<string, LinkSettings>;
  readonly catalogue: ObjectCatalogue;
  /** The device entries of all files. */
  readonly devices: readonly YamlNode[];
}

/** The files of the configuration as trees, and what is filled into them. */
interface Read {
  /** config.yaml; absent where it is no YAML. */
  readonly root?: YamlNode;
  /** The files of devices.d. */
  readonly extra: readonly YamlNode[];
  readonly given: GivenValues;
}

async function readGiven(file: string, { secrets }: LoadOptions, report: Report): Promise<Read> {
  const directory = dirname(file);
  const root = await readTree(file, report);
  const extra = await readDevicesD(join(directory, "devices.d"), report);
  const trees = [...(root === undefined ? [] : [root]), ...extra];
  const given = await readGivenValues(trees, { directory, secrets: secrets ?? NO_SECRETS, report });
  return { ...(root === undefined ? {} : { root }), extra, given };
}

async function readBase(
  file: string,
  { root: asWritten, extra, given }: Read,
  options: LoadOptions,
  reportAll: Report,
): Promise<Base | undefined> {
  const { now } = options;
  if (asWritten === undefined) return undefined;
  // The entries of devices are filled one by one: what is missing in one leaves the others alone.
  const places = new Set<Place>();
  const reportFirst: Report = (problem) => {
    reportAll(problem);
    if (problem.place !== undefined) places.add(problem.place);
  };
  const fill = (node: YamlNode): YamlNode => fillGiven(withoutDevices(node), given, "stay", reportFirst);
  const root = fill(withoutClientSecrets(asWritten));
  const files = extra.map(fill);
  // What could not be filled in, or may not stand there, was told; that it is then no number, say, tells nothing.
  const report: Report = (problem) => {
    if (problem.place === undefined || !places.has(problem.place)) reportAll(problem);
  };
  const config = readNode(root, configSchema, report, { later: LATER_CONFIG_KEYS, secrets: true });
  for (const tree of files) readNode(tree, devicesFileSchema, report, { secrets: true });
  const own = childOf(root, "gateway");
  refuseSecrets(withoutToken(own), reportFirst);
  refuseShownSecrets(childOf(root, "servers"), reportFirst);
  const sections = childrenOf([root, ...files], "links");
  const { linkTypes: types } = options.adapters;
  const links = readLinks(sections, { adapters: await adaptersOfLinks(sections, options.adapters), types }, report);
  const catalogue = await withVendorObjects(options.catalogue, childOf(own, "objects"), report);
  if (config === undefined) return undefined;
  const gateway = gatewayOf(config.gateway, { own, catalogue, links, report });
  const admin = await adminOf(config.gateway.admin, { gateway: own, report });
  const ca = await firmwareCaOf(own, report);
  const servers = await serversOf(config.servers, { node: root, report, ...(now === undefined ? {} : { now }) });
  return {
    root,
    gateway: {
      ...gateway,
      ...(ca === undefined ? {} : { firmware: { ...gateway.firmware, ca } }),
      ...(admin === undefined ? {} : { admin }),
      state: stateOf(config.gateway.state, file, options),
    },
    servers,
    clientServers: clientServersOf(config.servers, servers, { root, asWritten }),
    links,
    catalogue,
    devices: childrenOf([asWritten, ...extra], "devices").flatMap((list) => (list.kind === "list" ? list.items : [])),
  };
}

function stateOf(written: string | undefined, file: string, { defaultState }: LoadOptions): string {
  const beside = resolve(dirname(file), written ?? "state");
  return written === undefined ? (defaultState ?? beside) : beside;
}

async function readTree(file: string, report: Report): Promise<YamlNode | undefined> {
  try {
    return parseYaml(await readText(file), file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    error.problems.forEach(report);
    return undefined;
  }
}

async function readDevicesD(directory: string, report: Report): Promise<readonly YamlNode[]> {
  const trees: YamlNode[] = [];
  for (const name of await listYaml(directory)) {
    const tree = await readTree(join(directory, name), report);
    if (tree === undefined) continue;
    trees.push(tree);
  }
  for (const name of await listYml(directory)) {
    const message = `${join(directory, name)} is not read: the name of such a file must end in .yaml`;
    report({ severity: "warning", code: "LG213", message });
  }
  return trees;
}

/** Whether `devices:` is a list is told by what is left; its items are read one by one. */
function withoutDevices(tree: YamlNode): YamlNode {
  if (tree.kind !== "map") return tree;
  const entries = tree.entries.map(({ key, value }) =>
    key.text === "devices" && value.kind === "list" ? { key, value: { ...value, items: [] } } : { key, value },
  );
  return { ...tree, entries };
}

function childrenOf(trees: readonly YamlNode[], key: string): readonly YamlNode[] {
  return trees.map((tree) => childOf(tree, key)).filter((node) => node !== undefined);
}

/** `gateway.objects`: definitions that the registry does not have. */
async function withVendorObjects(
  catalogue: ObjectCatalogue,
  files: YamlNode | undefined,
  report: Report,
): Promise<ObjectCatalogue> {
  let extended = catalogue;
  if (files?.kind !== "list" || files.items.length === 0) return extended;
  // The parser of XML takes a megabyte of memory that most gateways have no need of.
  const { importXml } = await import("../lwm2m/objects/import-xml.ts");
  for (const item of files.items) {
    if (item.kind !== "scalar") continue;
    const file = besides(dirname(item.place.file), item.text);
    try {
      extended = extended.withObjects(importXml(await readText(file), file));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) report({ place: item.place, ...problem });
    }
  }
  return extended;
}
