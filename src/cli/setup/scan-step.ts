/** Looking who is there, on the link that was answered. */
import { dirname, join } from "node:path";
import { loadAdapters } from "../../../adapters/index.ts";
import { type Arguments, FailureError } from "../command.ts";
import { type Scanning, scanOnce } from "../scan-once.ts";
import { namedLink, openNamed } from "../tool-link.ts";
import { toolBasics } from "../tools.ts";
import { linkOf, protocolOf, splitPlace } from "./device-places.ts";
import type { FoundDevice } from "./facts.ts";
import { foundDevices } from "./found-devices.ts";
import type { Known } from "./question.ts";

/** Rejects with UsageError or FailureError where nobody can be asked. */
export async function scanNow(known: Known, args: Arguments, scanning: Pick<Scanning, "tell" | "progress" | "signal">) {
  const protocol = protocolOf(known);
  const adapter = (await loadAdapters()).find(({ name }) => name === protocol);
  if (adapter === undefined) throw new FailureError(`there is no protocol ${protocol}`);
  const link = linkOf(known);
  const mappings = join(dirname(known.facts.file), "mappings");
  if (link === undefined) return found(await scanOnce(adapter, typedFor(known), { ...scanning, mappings }));
  const named = await namedLink(withLink(args, link.id, known.facts.file), adapter);
  if (named === undefined) throw new FailureError(`there is no link ${link.id}`);
  const opened = await openNamed(named, toolBasics);
  try {
    return found(await scanOnce(adapter, spanOf(known), { ...scanning, mappings, link: opened.link }));
  } finally {
    await opened.close();
  }

  function found({ data, lines }: Awaited<ReturnType<typeof scanOnce>>): Scanned {
    return { found: foundDevices(protocol, data), lines };
  }
}

export interface Scanned {
  readonly found: readonly FoundDevice[];
  /** What the scan has to tell besides. */
  readonly lines: readonly string[];
}

/** The same command line, with these two. */
export function withLink(args: Arguments, link: string, file: string): Arguments {
  const texts: Readonly<Record<string, string>> = { link, config: file };
  return {
    positionals: [],
    text: (option) => texts[option] ?? (option === "socket" ? args.text(option) : undefined),
    texts: () => [],
    flag: () => false,
  };
}

function typedFor(known: Known): Readonly<Record<string, string | undefined>> {
  const { answers } = known;
  const place = answers.get("place") ?? "";
  switch (answers.get("kind")) {
    case "modbus-tcp": {
      const { host, port } = splitPlace(place);
      return { host, port: port === undefined ? undefined : String(port), ...spanOf(known) };
    }
    case "modbus-rtu":
      return { port: place, line: answers.get("line"), ...spanOf(known) };
    case "mqtt": {
      const user = answers.get("user");
      return { url: place, user: user === "" ? undefined : user, password: answers.get("password"), ...spanOf(known) };
    }
    default:
      return { adapter: place, ...spanOf(known) };
  }
}

function spanOf(known: Known): Readonly<Record<string, string | undefined>> {
  const scan = known.answers.get("scan");
  return protocolOf(known) === "modbus" ? { units: scan } : { for: scan };
}
