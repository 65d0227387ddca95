import { existsSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { zipped } from "../../archive/zip-writer.ts";
import { systemClock } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import { SOCKET_OPTION } from "../admin.ts";
import { sizeText } from "../backup/sizes.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { CONFIG_OPTION, configFile } from "../config-option.ts";
import { bundleParts, type Part } from "./bundle-parts.ts";

/** For whoever helps: all that explains a fault, and nothing that opens a door. */
export const supportBundle: Command = {
  name: "support-bundle",
  summary: "Packs versions, configuration, status and log for whoever helps, without one secret.",
  positionals: "[FILE]",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints what is in it as JSON." },
  },
  async run(args) {
    const file = fileOf(args);
    const { parts, hints } = await bundleParts(args, configFile(args));
    await write(file, [...parts, { name: "README.txt", text: readme(parts) }]);
    const report = {
      file,
      bytes: statSync(file).size,
      contents: parts.map(({ name, text, about }) => ({ name, bytes: Buffer.byteLength(text), about })),
      hints,
    };
    process.stdout.write(args.flag("json") ? `${JSON.stringify(report, undefined, 2)}\n` : textOf(report));
    return EXIT.ok;
  },
};

function fileOf({ positionals }: Arguments): string {
  const [given, surplus] = positionals;
  if (surplus !== undefined) throw new UsageError(`support-bundle takes one FILE, and not ${surplus} besides`);
  const day = new Date(systemClock.wall()).toISOString().slice(0, 16).replaceAll(":", "-");
  const file = given ?? `lwm2m-gateway-support-${day}.zip`;
  if (existsSync(file)) throw new FailureError(`${file} is there already, and is not replaced`, { code: "LG104" });
  return file;
}

async function write(file: string, parts: readonly { readonly name: string; readonly text: string }[]): Promise<void> {
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      const entries = parts.map(({ name, text }) => ({ name, content: [Buffer.from(text)] }));
      for await (const piece of zipped(entries, systemClock.wall())) await handle.write(piece);
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(file, { force: true });
    throw new FailureError(`cannot write ${file}: ${reasonOf(error)}`, { code: "LG104", cause: error });
  }
}

function readme(parts: readonly Part[]): string {
  return `${[
    "Support bundle of lwm2m-gateway.",
    "",
    ...parts.map(({ name, about }) => `${name}: ${about}`),
    "",
    "Hidden: keys, passwords, tokens and PSK identities, comments in YAML files, the second half of hardware addresses,",
    "and what looks like a key. Not hidden: names of devices, addresses of servers, values that were measured.",
  ].join("\n")}\n`;
}

interface Report {
  readonly file: string;
  readonly bytes: number;
  readonly contents: readonly { readonly name: string; readonly bytes: number; readonly about: string }[];
  readonly hints: readonly string[];
}

function textOf({ file, bytes, contents, hints }: Report): string {
  const width = Math.max(...contents.map(({ name }) => name.length));
  const lines = [
    `${file}: ${sizeText(bytes)}`,
    ...contents.map(
      ({ name, bytes: size, about }) => `   ${name.padEnd(width)}  ${sizeText(size).padStart(8)}  ${about}`,
    ),
    ...hints,
    "hidden: keys, passwords, tokens, PSK identities, comments, half of hardware addresses. Not hidden: names of devices, addresses",
    "of servers, measured values. Look through it before you send it: unzip -p FILE | less",
  ];
  return lines.map((line) => `${line}\n`).join("");
}
