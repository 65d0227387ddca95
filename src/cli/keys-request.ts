import { basename } from "node:path";
import { certificateRequest, LONGEST_COMMON_NAME } from "../dtls/certificate-request.ts";
import { pemOfPrivateKey } from "../dtls/key-files.ts";
import { pemOf } from "../dtls/pem.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { outOf } from "./keys-pair.ts";
import { writeNewFiles } from "./new-files.ts";
import { newPrivateKey, privateKeyOf } from "./private-keys.ts";

/** For `x509`: what a CA makes our certificate of. */
export const keysRequest: Command = {
  name: "keys request",
  summary: "Makes a certificate request (PKCS #10), and its private key where none is given.",
  options: {
    endpoint: { type: "string", value: "NAME", help: "The name in the certificate (CN): gateway.endpoint." },
    key: { type: "string", value: "FILE", help: "An existing private key (default: a new one, NAME.key)." },
    out: { type: "string", value: "NAME", help: "Writes NAME.csr, and NAME.key (0600); they must not be there yet." },
    json: { type: "boolean", help: "Prints what was written as JSON." },
  },
  async run(args) {
    const name = outOf(args);
    const endpoint = endpointOf(args);
    const given = args.text("key");
    const key = given === undefined ? newPrivateKey() : await privateKeyOf(given);
    const [requestFile, privateFile] = [`${name}.csr`, given ?? `${name}.key`];
    const request = pemOf("CERTIFICATE REQUEST", certificateRequest(endpoint, key));
    await writeNewFiles([
      ...(given === undefined ? [{ path: privateFile, text: pemOfPrivateKey(key), secret: true }] : []),
      { path: requestFile, text: request, secret: false },
    ]);
    const report = { requestFile, privateFile, endpoint };
    process.stdout.write(args.flag("json") ? `${JSON.stringify(report, undefined, 2)}\n` : asText(report));
    return EXIT.ok;
  },
};

function endpointOf(args: Arguments): string {
  const endpoint = args.text("endpoint");
  if (endpoint === undefined)
    throw new UsageError("it takes --endpoint NAME: the gateway.endpoint of the configuration");
  if ([...endpoint].length <= LONGEST_COMMON_NAME) return endpoint;
  throw new UsageError(`--endpoint takes at most ${LONGEST_COMMON_NAME} characters: a certificate's CN has no more`);
}

interface RequestReport {
  readonly requestFile: string;
  readonly privateFile: string;
  readonly endpoint: string;
}

function asText({ requestFile, privateFile, endpoint }: RequestReport): string {
  const [request, key] = [basename(requestFile), JSON.stringify(basename(privateFile))];
  const lines = [
    `# ${requestFile} goes to the CA, which makes a certificate for CN=${endpoint} of it. ${privateFile} stays here.`,
    `# A CA of openssl: openssl x509 -req -in ${request} -CA ca.crt -CAkey ca.key -days 730 -copy_extensions copy -out gateway.crt`,
    "# config.yaml, at the server; ca.crt is the CA of the server's certificate:",
    `x509: { private_key: ${key}, certificates: gateway.crt, server: ca.crt }`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}
