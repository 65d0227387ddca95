import { resolve } from "node:path";
import { systemRandom } from "../clock.ts";
import { type Command, EXIT } from "./command.ts";
import { secretOf } from "./keys-psk.ts";
import { writeNewFiles } from "./new-files.ts";

/** 256 bits, which nobody tries out; base64url has no letter that a header or a shell minds. */
const BYTES = 32;

/** What whoever asks the API over HTTP has to know. */
export const keysToken: Command = {
  name: "keys token",
  summary: "Makes a token for the API over HTTP, and prints the lines for config.yaml and secrets.yaml.",
  options: {
    secret: { type: "string", value: "NAME", help: "What config.yaml calls the secret.", default: "admin-token" },
    out: { type: "string", value: "FILE", help: "Writes the token to a new file (0600) and does not print it." },
    json: { type: "boolean", help: "Prints it as JSON." },
  },
  async run(args) {
    const secret = secretOf(args);
    const token = Buffer.from(systemRandom(BYTES)).toString("base64url");
    const out = args.text("out");
    const line = out?.endsWith(".yaml") === true ? `${secret}: "${token}"\n` : `${token}\n`;
    if (out !== undefined) await writeNewFiles([{ path: out, text: line, secret: true }]);
    const made = { secret, ...(out === undefined ? { token } : { file: out }) };
    process.stdout.write(args.flag("json") ? `${JSON.stringify(made, undefined, 2)}\n` : asText(secret, token, out));
    return EXIT.ok;
  },
};

function asText(secret: string, token: string, out: string | undefined): string {
  const lines = [
    "# config.yaml, under gateway:",
    `admin: { listen: "127.0.0.1:8080", token: !secret ${secret} }`,
    ...placeOf(secret, token, out),
    "# whoever asks sends the header Authorization: Bearer TOKEN",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function placeOf(secret: string, token: string, out: string | undefined): readonly string[] {
  if (out === undefined) return ["# secrets.yaml beside it (chmod 600):", `${secret}: "${token}"`];
  if (out.endsWith(".yaml"))
    return [`# the token stands in ${out}: it is a secrets.yaml for the folder of config.yaml`];
  return [`# the token stands in ${out}; in the unit of systemd:`, `LoadCredential=${secret}:${resolve(out)}`];
}
