import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { certificateRequest } from "../../src/dtls/certificate-request.ts";
import { privateKeyIn } from "../../src/dtls/key-files.ts";
import { isPem, pemBlocks, pemOf } from "../../src/dtls/pem.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("openssl takes requests for names of every length, on both curves, and reads what they ask for", (t) => {
  if (!hasTool(t, "openssl", "apt install openssl")) return;
  const file = join(temporaryDirectory(t), "request.csr");
  const names = ["g", "urn:dev:ops:32473-gateway-1", "ü".repeat(64), "€".repeat(64), 'a "b", c/d=e\\f'];
  for (const namedCurve of ["prime256v1", "secp384r1"]) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve });
    const key = privateKeyIn(privateKey.export({ format: "der", type: "pkcs8" }));
    for (const name of names) {
      writeFileSync(file, pemOf("CERTIFICATE REQUEST", certificateRequest(name, key)));
      const options = ["-noout", "-text", "-subject", "-nameopt", "multiline,utf8,-esc_msb,-esc_ctrl"];
      const text = execFileSync("openssl", ["req", "-in", file, "-verify", ...options], { encoding: "utf8" });
      assert.ok(text.includes(`commonName                = ${name}\n`), text);
      for (const part of ["Version: 1 (0x0)", "Digital Signature", "TLS Web Client Authentication"]) {
        assert.ok(text.includes(part), part);
      }
      assert.match(text, namedCurve === "secp384r1" ? /ecdsa-with-SHA384/ : /ecdsa-with-SHA256/);
    }
  }
});

test("what is written as PEM is read back, whatever its length", () => {
  for (let length = 1; length < 200; length++) {
    const der = Buffer.alloc(length, length);
    const text = Buffer.from(`words before\n${pemOf("CERTIFICATE", der)}`);
    assert.ok(isPem(text));
    assert.deepEqual(pemBlocks(text), [{ label: "CERTIFICATE", encrypted: false, der }]);
  }
});
