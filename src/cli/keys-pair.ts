import { basename } from "node:path";
import { pemOfPrivateKey } from "../dtls/key-files.ts";
import { pemOf } from "../dtls/pem.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { writeNewFiles } from "./new-files.ts";
import { newPrivateKey } from "./private-keys.ts";

/** For `rpk`: the private half stays, the other goes to the server. */
export const keysPair: Command = {
  name: "keys pair",
  summary: "Makes a key pair (EC, P-256) for raw public keys, and prints the public key as servers want it.",
  options: {
    out: { type: "string", value: "NAME", help: "Writes NAME.key (0600) and NAME.pub, which must not be there yet." },
    json: { type: "boolean", help: "Prints the public key as JSON." },
  },
  async run(args) {
    const name = outOf(args);
    const made = newPrivateKey();
    const [privateFile, publicFile] = [`${name}.key`, `${name}.pub`];
    await writeNewFiles([
      { path: privateFile, text: pemOfPrivateKey(made), secret: true },
      { path: publicFile, text: pemOf("PUBLIC KEY", made.publicKey), secret: false },
    ]);
    const der = Buffer.from(made.publicKey);
    const report = { privateFile, publicFile, hex: der.toString("hex"), base64: der.toString("base64") };
    process.stdout.write(args.flag("json") ? `${JSON.stringify(report, undefined, 2)}\n` : asText(report));
    return EXIT.ok;
  },
};

/** Where new files go, without their endings. Throws UsageError. */
export function outOf(args: Arguments): string {
  const name = args.text("out");
  if (name === undefined) throw new UsageError("it takes --out NAME: where the new files go, without their ending");
  return name;
}

interface PairReport {
  readonly privateFile: string;
  readonly publicFile: string;
  /** SubjectPublicKeyInfo in DER (RFC 7250 §3). */
  readonly hex: string;
  readonly base64: string;
}

function asText({ privateFile, publicFile, hex, base64 }: PairReport): string {
  const lines = [
    `# ${privateFile} is the private key: it stays here. ${publicFile} is the public key, for the server.`,
    "# config.yaml, at the server; server.pub is a file with the server's public key:",
    `rpk: { private_key: ${JSON.stringify(basename(privateFile))}, server_public_key: server.pub }`,
    "# the public key for the server, in hex and in base64:",
    hex,
    base64,
  ];
  return lines.map((line) => `${line}\n`).join("");
}
