/** `dtls.suites` of a server. */
import type { Credentials } from "../dtls/credentials.ts";
import { CIPHER_SUITES, type CipherSuite, namedSuite, suiteName } from "../dtls/suites.ts";
import { nearestNames } from "../near-miss.ts";
import type { ScalarNode, YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

/** The suites that stand in the list, without those that cannot be used, which are reported. */
export function suitesOf(mode: Credentials["mode"], list: YamlNode, report: Report): readonly CipherSuite[] {
  const taken: CipherSuite[] = [];
  for (const node of list.kind === "list" ? list.items : []) {
    if (node.kind !== "scalar") continue;
    const found = suiteOf(mode, node, taken);
    if (typeof found === "string") reportError(report, node.place, found, "LG223");
    else taken.push(found);
  }
  return taken;
}

function suiteOf(
  mode: Credentials["mode"],
  { text }: ScalarNode,
  before: readonly CipherSuite[],
): CipherSuite | string {
  const fitting = CIPHER_SUITES.filter(({ authentication }) => (authentication === "psk") === (mode === "psk"));
  const names = fitting.map(suiteName);
  const suite = namedSuite(text);
  if (suite === undefined) return unknown(text, names);
  const name = suiteName(suite);
  if (before.includes(suite)) return `${name} stands here twice`;
  if (fitting.includes(suite)) return suite;
  const needs = suite.authentication === "psk" ? "psk" : "rpk or x509";
  return `${name} needs ${needs}; with ${mode} expected some of ${names.join(", ")}`;
}

function unknown(text: string, names: readonly string[]): string {
  const word = text.trim().toUpperCase();
  const theirs = CIPHER_SUITES.find(({ openssl }) => openssl.toUpperCase() === word);
  if (theirs !== undefined) return `"${text}" is OpenSSL's name; expected IANA's, which is ${suiteName(theirs)}`;
  const [near] = nearestNames(
    word,
    names.map((name) => name.toLowerCase()),
    1,
  );
  const hint = near === undefined ? ` (have: ${names.join(", ")})` : `; did you mean "${near.toUpperCase()}"?`;
  return `unknown cipher suite "${text}"${hint}`;
}
