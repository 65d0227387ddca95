import { generateKeyPairSync } from "node:crypto";
import { type Arguments, type Command, EXIT } from "./command.ts";
import { outOf } from "./keys-pair.ts";
import { writeNewFiles } from "./new-files.ts";

/** For `gateway.firmware.self.keys`: who has the private half says what gateways run. */
export const keysSigning: Command = {
  name: "keys signing",
  summary: "Makes a key pair (Ed25519) by which new versions of the gateway are signed: docs/firmware/gateway.md.",
  options: {
    out: { type: "string", value: "NAME", help: "Writes NAME.key (0600) and NAME.pub, which must not be there yet." },
    json: { type: "boolean", help: "Prints the names of the files as JSON." },
  },
  async run(args: Arguments) {
    const name = outOf(args);
    const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { format: "pem", type: "pkcs8" },
      publicKeyEncoding: { format: "pem", type: "spki" },
    });
    await writeNewFiles([
      { path: `${name}.key`, text: privateKey, secret: true },
      { path: `${name}.pub`, text: publicKey, secret: false },
    ]);
    if (args.flag("json")) {
      process.stdout.write(
        `${JSON.stringify({ privateFile: `${name}.key`, publicFile: `${name}.pub` }, undefined, 2)}\n`,
      );
      return EXIT.ok;
    }
    const lines = [
      `# ${name}.key signs versions, and belongs on no gateway: scripts/sign-artefact.mjs FILE --key ${name}.key`,
      `# ${name}.pub goes to each gateway. In its config.yaml, below "gateway:":`,
      `firmware: { self: { keys: [ ${name}.pub ] } }`,
    ];
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
    return EXIT.ok;
  },
};
