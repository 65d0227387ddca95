import { resolve } from "node:path";
import { systemRandom } from "../clock.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { writeNewFiles } from "./new-files.ts";

/** RFC 7925 §4.2 wants 128 bits; LwM2M takes no more than 64 bytes. */
const FEWEST_BYTES = 16;
const MOST_BYTES = 64;

/** A key that nobody knows yet, and the lines for both ends. */
export const keysPsk: Command = {
  name: "keys psk",
  summary: "Makes a pre-shared key, and prints the lines for config.yaml and secrets.yaml.",
  options: {
    bytes: { type: "string", value: "N", help: `Its length, ${FEWEST_BYTES} to ${MOST_BYTES}.`, default: "16" },
    identity: { type: "string", value: "NAME", help: "The name by which the server knows it (default: a new one)." },
    secret: { type: "string", value: "NAME", help: "What config.yaml calls the secret.", default: "psk" },
    out: { type: "string", value: "FILE", help: "Writes the key to a new file (0600) and does not print it." },
    json: { type: "boolean", help: "Prints it as JSON." },
  },
  async run(args) {
    const made: MadePsk = { identity: identityOf(args), secret: secretOf(args), key: systemRandom(bytesOf(args)) };
    const out = args.text("out");
    if (out !== undefined) await writeNewFiles([{ path: out, text: fileText(out, made), secret: true }]);
    process.stdout.write(args.flag("json") ? asJson(made, out) : asText(made, out));
    return EXIT.ok;
  },
};

interface MadePsk {
  readonly identity: string;
  readonly secret: string;
  readonly key: Uint8Array;
}

function bytesOf(args: Arguments): number {
  const text = args.text("bytes") ?? "";
  const bytes = Number(text);
  if (/^[0-9]+$/.test(text) && bytes >= FEWEST_BYTES && bytes <= MOST_BYTES) return bytes;
  throw new UsageError(`--bytes takes a number from ${FEWEST_BYTES} to ${MOST_BYTES}, not "${text}"`);
}

/** Unique without anybody's help. */
function identityOf(args: Arguments): string {
  const identity = args.text("identity") ?? `gateway-${hex(systemRandom(4))}`;
  if (/^[ -~]{1,128}$/.test(identity)) return identity;
  throw new UsageError("--identity takes 1 to 128 letters of ASCII, which every server takes");
}

/** What the configuration is to call it. Throws UsageError. */
export function secretOf(args: Arguments): string {
  const secret = args.text("secret") ?? "";
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(secret)) return secret;
  throw new UsageError(`--secret takes letters, digits, "_", "-" and ".", not "${secret}"`);
}

/** A secrets.yaml has names; what systemd passes on is the secret alone. */
function fileText(out: string, { secret, key }: MadePsk): string {
  return isYaml(out) ? `${secret}: "${hex(key)}"\n` : `${hex(key)}\n`;
}

function isYaml(file: string): boolean {
  return file.endsWith(".yaml");
}

function asText({ identity, secret, key }: MadePsk, out: string | undefined): string {
  const lines = [
    "# config.yaml, at the server:",
    `psk: { identity: ${JSON.stringify(identity)}, key: !secret ${secret} }`,
    ...secretLines(),
    `# at the server: the identity ${identity}, and the same key, in hex`,
  ];
  return lines.map((line) => `${line}\n`).join("");

  function secretLines(): readonly string[] {
    if (out === undefined) return ["# secrets.yaml beside it (chmod 600):", `${secret}: "${hex(key)}"`];
    if (isYaml(out)) return [`# the key stands in ${out}: it is a secrets.yaml for the folder of config.yaml`];
    return [`# the key stands in ${out}; in the unit of systemd:`, `LoadCredential=${secret}:${resolve(out)}`];
  }
}

function asJson({ identity, secret, key }: MadePsk, out: string | undefined): string {
  const where = out === undefined ? { key: hex(key) } : { file: out };
  return `${JSON.stringify({ identity, secret, bytes: key.length, ...where }, undefined, 2)}\n`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
