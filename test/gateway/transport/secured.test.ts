/** Servers that cannot be secured as they are to be: an error of each, and nothing weaker in its place. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { LoadedConfig } from "../../../src/config/types.ts";
import type { LoadedDtls } from "../../../src/dtls/load.ts";
import { ConfigError, problemText } from "../../../src/errors.ts";
import { secured } from "../../../src/gateway/transport/secured.ts";
import { loadFolder } from "../../config/config-folder.ts";
import { credentialFiles } from "../../support/credential-files.ts";
import { dtlsAddon } from "../../support/dtls.ts";

const CONFIG = `gateway: { endpoint: gw }
servers:
  - { id: 1, uri: "coaps://h", psk: { identity: gw, key: !secret key } }
  - { id: 2, uri: "coap://h" }
  - { id: 3, uri: "coaps://h", rpk: { private_key: gw.key, server_public_key: server.pub } }
`;

async function loaded(t: TestContext): Promise<LoadedConfig | undefined> {
  const files = credentialFiles(t);
  if (files === undefined) return undefined;
  const secrets = 'key: "000102030405060708090a0b0c0d0e0f"\n';
  const { config, problems } = await loadFolder(t, { "secrets.yaml": secrets, ...files, "config.yaml": CONFIG });
  return config ?? assert.fail(problems.join("\n"));
}

function problemsOf(config: LoadedConfig, dtls: LoadedDtls): readonly string[] {
  try {
    secured(config, dtls);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(problemText);
  }
}

test("where there is no addon a PSK comes with a warning, raw public keys are an error; coap:// wants none", async (t) => {
  const config = await loaded(t);
  if (config === undefined) return;
  const missing = "DTLS needs g++";
  const problems = problemsOf(config, { missing });
  assert.equal(problems.length, 2);
  assert.match(
    problems[0] ?? "",
    /\/config\.yaml:3:5: warning: DTLS needs g\+\+\. Until then node-dtls-client secures/,
  );
  assert.match(
    problems[1] ?? "",
    /\/config\.yaml:5:5: error: DTLS needs g\+\+; node-dtls-client has no raw public keys/,
  );
  const others = config.servers.filter(({ security }) => security?.credentials.mode !== "rpk");
  const { problems: warnings } = secured({ ...config, servers: others }, { missing });
  assert.deepEqual(
    warnings.map(({ severity }) => severity),
    ["warning"],
  );
});

test("a mode that the OpenSSL of this Node has not is an error of that server alone", async (t) => {
  const native = dtlsAddon(t);
  const config = native === undefined ? undefined : await loaded(t);
  if (native === undefined || config === undefined) return;
  assert.deepEqual(secured(config, { native: { ...native, rawPublicKeys: true } }), config);
  const [problem, ...more] = problemsOf(config, { native: { ...native, rawPublicKeys: false } });
  assert.match(problem ?? "", /\/config\.yaml:5:5: error: raw public keys cannot be had: openssl/);
  assert.deepEqual(more, []);
});
